/* N philosophers and N forks, for ever. -DLOWER_FIRST: the last one takes its forks the other way round.

   Grain: one operation on a fork is one transition; a round is four. The same as specs/philosophers.py beside this
   folder, so that the numbers of states are the same. Who holds a fork is not noted: only its owner can give it back.
*/

#ifndef N
#define N 5
#endif

#ifdef LOWER_FIRST
#define FIRST  (_pid == N - 1 -> 0 : _pid)
#define SECOND (_pid == N - 1 -> N - 1 : _pid + 1)
#else
#define FIRST  _pid
#define SECOND ((_pid + 1) % N)
#endif

bit taken[N];

inline take(fork) { d_step { !taken[fork] -> taken[fork] = 1 } }
inline give(fork) { taken[fork] = 0 }

active [N] proctype philosopher()
{
	byte first = FIRST, second = SECOND;

	do
	:: take(first);
	   take(second);
	   give(second);
	   give(first)
	od
}
