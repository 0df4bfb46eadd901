/* The filter lock, Peterson's algorithm for N processes (N = 3 or 4), for ever.

   A process goes through N - 1 levels. At each it announces the level, lets itself be the last to have come, and waits
   until nobody else is as far or somebody has come after it.

   Grain: each write of a shared variable is one transition, the wait reads all that it needs in one, and entering and
   leaving the critical section are one each, as in specs/filter_lock.py beside this folder.
*/

#ifndef N
#define N 3
#endif

byte level[N];   /* 0: outside */
byte last[N];    /* by level; [0] is not used */
byte inside;

#if N == 3
#define OTHERS_BELOW(n) (level[(_pid + 1) % N] < n && level[(_pid + 2) % N] < n)
#else
#define OTHERS_BELOW(n) (level[(_pid + 1) % N] < n && level[(_pid + 2) % N] < n && level[(_pid + 3) % N] < n)
#endif

inline pass(n)
{
	level[_pid] = n;
	last[n] = _pid;
	(OTHERS_BELOW(n) || last[n] != _pid)
}

active [N] proctype process()
{
	do
	:: pass(1);
	   pass(2);
#if N == 4
	   pass(3);
#endif
	   d_step { inside++; assert(inside == 1) };
	   inside--;
	   level[_pid] = 0
	od
}
