/* N threads that each take the same two locks once, one inside the other.

   Grain: one operation on a lock is one transition. A thread that is done stays where it is (a valid end state), so
   that the end of a process is no transition of its own, as it is none in lockmodel.
*/

#ifndef N
#define N 2
#endif

bit outer, inner;

inline lock(which) { d_step { !which -> which = 1 } }
inline unlock(which) { d_step { assert(which); which = 0 } }

active [N] proctype thread()
{
	lock(outer);
	lock(inner);
	unlock(inner);
	unlock(outer);
end_done:
	false
}
