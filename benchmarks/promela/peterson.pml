/* Peterson's algorithm for two processes, for ever.

   Grain: each write of a shared variable is one transition, the wait reads both of its variables in one, and entering
   and leaving the critical section are one each, as in specs/classic/peterson.py.
*/

bit wants[2], turn;
byte inside;

active [2] proctype process()
{
	do
	:: wants[_pid] = 1;
	   turn = _pid;
	   (!wants[1 - _pid] || turn != _pid);
	   d_step { inside++; assert(inside == 1) };
	   inside--;
	   wants[_pid] = 0
	od
}
