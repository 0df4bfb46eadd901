/* The paths of the inotify of Linux 2.6.13-rc6 as specs/spine.py has them in its design `repaired`: the scenarios
   four-, five- and six-threads-unmount, by -DTHREADS.

   Two devices watch two inodes. Release closes device 0, ignore is for inode 0 on device 1, an event happens to
   inode 1, which is in use, and the superblock of inode 0 is unmounted. The watch of device 0 on inode 1 is one-shot;
   a queue holds one event (with more than four threads two) and one more that tells of the overflow. The fifth thread
   has an event of a file in inode 1, a directory, told to it; the sixth asks for a watch of device 1 on inode 1, which
   has one already.

   Grain: one access to shared memory, one operation on a lock, a count, a list or an idr is one transition, with the
   check that what it uses is alive. A d_step has one such operation, the branch on what it read, and nothing else.
   Two things are to SPIN's advantage: an event that is not yet on a queue is in locals of its process, so that storing
   its fields are steps that no one else sees; and where one process is alone with a branch on a local that could not
   be folded into a step, SPIN merges it with its neighbours. Threads that have ended stay where they are.

   Asserted: nothing is used after it was freed, freed or removed twice, released by one that does not hold it; no
   count falls below zero; a queue is counted and bounded whenever its device's lock is released; a watch is in all
   three places or in none when the locks of both lists are free; and at the end the claims of the spec.
*/

#ifndef THREADS
#define THREADS 4
#endif

#define NIL 0
#define ME (_pid + 1)

/* --- events ------------------------------------------------------------------------------------------------------ */

#define MODIFY 1
#define UNMOUNT 2
#define Q_OVERFLOW 4
#define IGNORED 8
#define ONESHOT 16

#define NO_WD 3        /* the wd of an overflow */
#if THREADS == 4
#define MAX_EVENTS 1
#else
#define MAX_EVENTS 2
#endif
#define ROOM (MAX_EVENTS + 1)

/* --- inodes, devices and watches: number w = 1 + 2 * device + inode ------------------------------------------------ */

#define INODES 2
#define DEVICES 2
#define WATCHES 4

#define W_DEV(w) (((w) - 1) / 2)
#define W_INODE(w) (((w) - 1) % 2)
#define W_WD(w) W_INODE(w)
#define W_AT(d, wd) (1 + 2 * (d) + (wd))
#define SB(i) (i)

#define FREEING 1
#define CLEAR 2
#define WILL_FREE 4

byte iprune_sem, inode_lock;                /* who holds it */
bit sb_active[INODES] = 1;

byte i_sem[INODES];
#if THREADS == 4
byte i_count[INODES] = {2, 3};              /* two watches each, and whoever uses inode 1 */
#else
byte i_count[INODES] = {2, 4};              /* and a dentry of inode 1 */
#endif
byte i_state[INODES];
bit i_live[INODES] = 1;
bit on_sb[INODES] = 1;

byte d_sem[DEVICES];
byte d_count[DEVICES] = 3;
bit d_live[DEVICES] = 1;
byte event_count[DEVICES];
byte queue_size[DEVICES];
byte q_length[DEVICES];                     /* the list of events: its length, then what is on it, oldest first */
byte q_mask[2 * ROOM];                      /* at ROOM * device + place */
byte q_wd[2 * ROOM];

byte idr[WATCHES] = {1, 2, 3, 4};                                /* at 2 * device + wd */
bit w_live[WATCHES + 1] = 1;                /* [0] is not used, here and below */
byte w_count[WATCHES + 1] = 1;
bit on_inode[WATCHES + 1] = 1;              /* the lists of watches, whose order never changes */
bit on_device[WATCHES + 1] = 1;

byte user_count = 3, user_devs = 2, user_watches = 4;

#if THREADS > 4
byte dcache_lock, child_lock;               /* the latter is the d_lock of the file in inode 1 */
byte dentry_lock;                           /* and this that of the dentry of inode 1, */
byte dentry_count = THREADS - 4;            /* which the file's holds, and whoever has looked it up */
byte mounts = THREADS - 5;
#endif

#define W_MASK(w) ((w) == 2 -> MODIFY + ONESHOT : MODIFY)

/* A watch of device 0 comes first on an inode; the watch on inode 1 comes first on a device. */
#define FIRST_ON_INODE(i) (on_inode[1 + (i)] -> 1 + (i) : (on_inode[3 + (i)] -> 3 + (i) : NIL))
#define NEXT_ON_INODE(w) ((w) < 3 && on_inode[(w) + 2] -> (w) + 2 : NIL)
#define FIRST_ON_DEVICE(d) (on_device[2 + 2 * (d)] -> 2 + 2 * (d) : (on_device[1 + 2 * (d)] -> 1 + 2 * (d) : NIL))

/* --- locks -------------------------------------------------------------------------------------------------------- */

inline acquire(lock) { d_step { lock == NIL -> lock = ME } }
inline release_lock(lock) { d_step { assert(lock == ME); lock = NIL } }

#define TOGETHER(w) (w_count[w] == 0 || (on_inode[w] == on_device[w] && on_device[w] == (idr[(w) - 1] == (w))))
#define TOGETHER_OUTSIDE(w) (i_sem[W_INODE(w)] != NIL || d_sem[W_DEV(w)] != NIL || !w_live[w] || TOGETHER(w))
#define COUNTED(d) (event_count[d] == q_length[d] && queue_size[d] == q_length[d] && q_length[d] <= ROOM)

inline down_inode(i) { d_step { i_sem[i] == NIL -> assert(i_live[i]); i_sem[i] = ME } }

inline up_inode(i)
{
	d_step {
		assert(i_live[i] && i_sem[i] == ME);
		i_sem[i] = NIL;
		assert(TOGETHER_OUTSIDE(1 + i) && TOGETHER_OUTSIDE(3 + i))
	}
}

inline down_device(d) { d_step { d_sem[d] == NIL -> assert(d_live[d]); d_sem[d] = ME } }

inline up_device(d)
{
	d_step {
		assert(d_live[d] && d_sem[d] == ME);
		d_sem[d] = NIL;
		assert(TOGETHER_OUTSIDE(1 + 2 * d) && TOGETHER_OUTSIDE(2 + 2 * d) && COUNTED(d))
	}
}

/* --- references --------------------------------------------------------------------------------------------------- */

inline free_inode(i)
{
	d_step { assert(i_live[i] && !on_sb[i] && i_sem[i] == NIL); i_live[i] = 0; i_state[i] = 0 }
}

inline iput(i)
{
	assert(i_live[i]);                                                      /* reads its superblock */
	if
	:: d_step { i_count[i] != 1 -> assert(i_live[i] && i_count[i] > 1); i_count[i]-- }
	:: d_step { i_count[i] == 1 && inode_lock == NIL -> assert(i_live[i]); i_count[i] = 0; inode_lock = ME };
	   if
	   :: sb_active[SB(i)] -> release_lock(inode_lock)
	   :: !sb_active[SB(i)] ->
	      d_step { assert(i_live[i]); state = i_state[i] };
	      d_step { assert(i_live[i]); i_state[i] = state | WILL_FREE; state = 0 };
	      release_lock(inode_lock);
	      acquire(inode_lock);
	      d_step { assert(i_live[i]); state = i_state[i] };
	      d_step { assert(i_live[i]); i_state[i] = state & ~WILL_FREE; state = 0 };
	      d_step { assert(i_live[i] && on_sb[i]); on_sb[i] = 0 };
	      d_step { assert(i_live[i]); state = i_state[i] };
	      d_step { assert(i_live[i]); i_state[i] = state | FREEING; state = 0 };
	      release_lock(inode_lock);
	      free_inode(i)
	   fi
	fi
}

inline put_device(d)
{
	if
	:: d_step { d_count[d] != 1 -> assert(d_live[d] && d_count[d] > 1); d_count[d]-- }
	:: d_step { d_count[d] == 1 -> assert(d_live[d]); d_count[d] = 0 };
	   assert(d_live[d]);                                                   /* reads its user */
	   d_step { assert(user_devs > 0); user_devs-- };
	   assert(d_live[d]);
	   d_step { assert(user_count > 1); user_count-- };
	   d_step { assert(d_live[d] && d_sem[d] == NIL && q_length[d] == 0 && FIRST_ON_DEVICE(d) == NIL); d_live[d] = 0 }
	fi
}

inline get_watch(w) { d_step { assert(w_live[w] && w_count[w] > 0); w_count[w]++ } }

inline put_watch(w)
{
	if
	:: d_step { w_count[w] != 1 -> assert(w_live[w] && w_count[w] > 1); w_count[w]-- }
	:: d_step { w_count[w] == 1 -> assert(w_live[w]); w_count[w] = 0 };
	   assert(w_live[w]);                                                   /* reads its device */
	   put_device(W_DEV(w));
	   assert(w_live[w]);                                                   /* reads its inode */
	   iput(W_INODE(w));
	   d_step { assert(w_live[w] && !on_inode[w] && !on_device[w]); w_live[w] = 0 }
	fi
}

/* --- the queue of a device ---------------------------------------------------------------------------------------- */

/* The new event: `made` while it is allocated, `new_wd` and `new_mask`. Its cookie, its name and its size stay 0; each has its step all the same. The loop is
   there to be left by `break`, which is its `return`. */
inline kernel_event(a_wd, a_mask)
{
	made = 1;
	new_wd = a_wd;
	new_mask = a_mask;
	skip;                                                                   /* cookie */
	skip;                                                                   /* list */
	skip;                                                                   /* len */
	skip                                                                    /* name */
}

inline queue_event(d, w, a_mask)
{
	do
	:: if
	   :: d_step { q_length[d] == 0 -> assert(d_live[d] && d_sem[d] == ME) }
	   :: d_step { q_length[d] != 0 -> assert(d_live[d] && d_sem[d] == ME) };
	      d_step { last = ROOM * d + q_length[d] - 1 };
	      if
	      :: q_mask[last] != a_mask -> last = 0
	      :: q_mask[last] == a_mask ->
	         number = q_wd[last];
	         if
	         :: d_step { number != W_WD(w) -> assert(w_live[w]); last = 0; number = 0 }
	         :: d_step { number == W_WD(w) -> assert(w_live[w]); number = 0 };
	            assert(q_length[d] > last - ROOM * d);                         /* reads its cookie */
	            d_step { assert(q_length[d] > last - ROOM * d); last = 0 };    /* reads its name */
	            break
	         fi
	      fi
	   fi;
	   number = event_count[d];
	   if
	   :: d_step { number > MAX_EVENTS -> number = 0 }; break
	   :: d_step { number <= MAX_EVENTS -> number = 0 }
	   fi;
	   number = event_count[d];
	   if
	   :: d_step { number == MAX_EVENTS -> number = 0 }; kernel_event(NO_WD, Q_OVERFLOW)
	   :: d_step { number != MAX_EVENTS -> number = 0 };
	      assert(w_live[w]);                                                   /* reads its wd */
	      kernel_event(W_WD(w), a_mask)
	   fi;
	   number = event_count[d];
	   d_step { assert(d_live[d]); event_count[d] = number + 1; number = 0 };
	   number = queue_size[d];
	   skip;                                                                   /* reads the new event's size */
	   d_step { assert(d_live[d]); queue_size[d] = number + 1; number = 0 };
	   d_step {
	   	assert(d_live[d] && made && q_length[d] < ROOM);
	   	q_mask[ROOM * d + q_length[d]] = new_mask;
	   	q_wd[ROOM * d + q_length[d]] = new_wd;
	   	q_length[d]++;
	   	made = 0;
	   	new_mask = 0;
	   	new_wd = 0
	   };
	   assert(d_live[d]);                                                   /* wakes up */
	   break
	od
}

inline dequeue_event(d)
{
	(q_length[d] != 0);                                                     /* looks a second time */
	(q_length[d] != 0);                                                     /* reads which event it is */
	d_step {
		assert(d_live[d] && d_sem[d] == ME);
		q_mask[ROOM * d] = q_mask[ROOM * d + 1];
		q_wd[ROOM * d] = q_wd[ROOM * d + 1];
#if THREADS > 4
		q_mask[ROOM * d + 1] = q_mask[ROOM * d + 2];
		q_wd[ROOM * d + 1] = q_wd[ROOM * d + 2];
#endif
		q_mask[ROOM * d + MAX_EVENTS] = 0;
		q_wd[ROOM * d + MAX_EVENTS] = 0;
		q_length[d]--;
		made = 1
	};
	number = event_count[d];
	d_step { assert(d_live[d] && number > 0); event_count[d] = number - 1; number = 0 };
	number = queue_size[d];
	skip;                                                                   /* reads the event's size */
	d_step { assert(d_live[d] && number > 0); queue_size[d] = number - 1; number = 0 };
	made = 0                                                                /* frees it */
}

/* --- watches ------------------------------------------------------------------------------------------------------ */

inline remove_watch_no_event(w, d)
{
	d_step { assert(w_live[w] && on_inode[w] && i_sem[W_INODE(w)] == ME); on_inode[w] = 0 };
	d_step { assert(w_live[w] && on_device[w] && d_sem[d] == ME); on_device[w] = 0 };
	assert(d_live[d]);                                                      /* reads its user */
	d_step { assert(user_watches > 0); user_watches-- };
	assert(w_live[w]);                                                      /* reads its wd */
	d_step { assert(d_live[d] && idr[2 * d + W_WD(w)] == w); idr[2 * d + W_WD(w)] = NIL };
	put_watch(w)
}

/* --- the paths ---------------------------------------------------------------------------------------------------- */

active proctype release()
{
	byte watch, state, number, last;
	byte new_wd, new_mask;
	bit made;

	do
	:: down_device(0);
	   if
	   :: d_step { FIRST_ON_DEVICE(0) == NIL -> assert(d_live[0]) }; up_device(0); break
	   :: d_step { FIRST_ON_DEVICE(0) != NIL -> assert(d_live[0]) }
	   fi;
	   watch = FIRST_ON_DEVICE(0);
	   get_watch(watch);
	   up_device(0);
	   assert(w_live[watch]);                                               /* reads its inode */
	   down_inode(W_INODE(watch));
	   down_device(0);
	   assert(w_live[watch]);                                               /* reads its wd */
	   if
	   :: d_step { idr[W_WD(watch)] == watch -> assert(d_live[0]) }; remove_watch_no_event(watch, 0)
	   :: d_step { idr[W_WD(watch)] != watch -> assert(d_live[0]) }
	   fi;
	   up_device(0);
	   up_inode(W_INODE(watch));
	   put_watch(watch);
	   watch = NIL
	od;
	down_device(0);
	do
	:: d_step { q_length[0] == 0 -> assert(d_live[0]) }; break
	:: d_step { q_length[0] != 0 -> assert(d_live[0]) }; dequeue_event(0)
	od;
	up_device(0);
	put_device(0);
end_done:
	false
}

active proctype ignore()
{
	byte watch, state, number, last;
	byte new_wd, new_mask;
	bit made;

	down_device(1);
	d_step { assert(d_live[1]); watch = idr[2] };
	if
	:: watch == NIL -> up_device(1)
	:: else ->
	   get_watch(watch);
	   assert(w_live[watch]);                                               /* reads its inode */
	   up_device(1);
	   down_inode(W_INODE(watch));
	   down_device(1);
	   if
	   :: d_step { idr[2] == watch -> assert(d_live[1]) };
	      queue_event(1, watch, IGNORED);
	      remove_watch_no_event(watch, 1)
	   :: d_step { idr[2] != watch -> assert(d_live[1]) }
	   fi;
	   up_device(1);
	   up_inode(W_INODE(watch));
	   put_watch(watch);
	   watch = NIL
	fi;
end_done:
	false
}

/* Again the loop is there to be left by `break`, which is the `return` before anything is locked. */
inline inode_event(i)
{
	do
	:: if
	   :: d_step { FIRST_ON_INODE(i) == NIL -> assert(i_live[i]) }; break
	   :: d_step { FIRST_ON_INODE(i) != NIL -> assert(i_live[i]) }
	   fi;
	   down_inode(i);
	   d_step { assert(i_live[i]); watch = FIRST_ON_INODE(i) };
	   do
	   :: d_step { watch == NIL -> assert(i_live[i]) }; break
	   :: d_step { watch != NIL -> assert(w_live[watch] && on_inode[watch]); next = NEXT_ON_INODE(watch) };
	      assert(w_live[watch]);                                            /* reads its mask: MODIFY is in it */
	      assert(w_live[watch]);                                            /* reads its device */
	      get_watch(watch);
	      down_device(W_DEV(watch));
	      queue_event(W_DEV(watch), watch, MODIFY);
	      if
	      :: W_MASK(watch) & ONESHOT -> remove_watch_no_event(watch, W_DEV(watch))
	      :: else
	      fi;
	      up_device(W_DEV(watch));
	      put_watch(watch);
	      watch = next;
	      next = NIL
	   od;
	   up_inode(i);
	   break
	od
}

active proctype event()
{
	byte watch, next, state, number, last;
	byte new_wd, new_mask;
	bit made;

	inode_event(1);
end_done:
	false
}

#if THREADS > 4
inline dput()
{
	if
	:: d_step { dentry_count > 1 -> dentry_count-- }
	:: d_step { dentry_count <= 1 && dcache_lock == NIL -> assert(dentry_count == 1); dentry_count = 0; dcache_lock = ME };
	   acquire(dentry_lock);
	   release_lock(dentry_lock);
	   release_lock(dcache_lock)
	fi
}

active proctype parent_event()
{
	byte watch, next, state, number, last;
	byte new_wd, new_mask;
	bit made;

	acquire(child_lock);
	skip;                                                                   /* reads its parent */
	skip;                                                                   /* reads the parent's inode */
	if
	:: d_step { FIRST_ON_INODE(1) != NIL -> assert(i_live[1]) };
	   dentry_count++;
	   release_lock(child_lock);
	   inode_event(1);
	   dput()
	:: d_step { FIRST_ON_INODE(1) == NIL -> assert(i_live[1]) };
	   release_lock(child_lock)
	fi;
end_done:
	false
}
#endif

#if THREADS > 5
active proctype add_watch()
{
	byte watch;

	skip;                                                                   /* reads the dentry's inode */
	down_inode(1);
	down_device(1);
	d_step { assert(i_live[1]); watch = FIRST_ON_INODE(1) };
	do
	:: d_step { W_DEV(watch) == 1 -> assert(w_live[watch]) }; break
	:: d_step { W_DEV(watch) != 1 -> assert(w_live[watch]) };
	   d_step { assert(w_live[watch] && on_inode[watch]); watch = NEXT_ON_INODE(watch); assert(watch != NIL) }
	od;
	assert(w_live[watch]);                                                  /* writes its mask, which it had before */
	d_step { assert(w_live[watch]); watch = NIL };                          /* reads its wd */
	up_device(1);
	up_inode(1);
	dput();
	d_step { assert(mounts > 0); mounts-- };
end_done:
	false
}
#endif

inline unmount_watches(i)
{
	down_inode(i);
	d_step { assert(i_live[i]); watch = FIRST_ON_INODE(i) };
	do
	:: d_step { watch == NIL -> assert(i_live[i]) }; break
	:: d_step { watch != NIL -> assert(w_live[watch] && on_inode[watch]); next = NEXT_ON_INODE(watch) };
	   assert(w_live[watch]);                                               /* reads its device */
	   down_device(W_DEV(watch));
	   queue_event(W_DEV(watch), watch, UNMOUNT);
	   queue_event(W_DEV(watch), watch, IGNORED);
	   remove_watch_no_event(watch, W_DEV(watch));
	   up_device(W_DEV(watch));
	   watch = next;
	   next = NIL
	od;
	up_inode(i)
}

#define NEXT_INODE(from) (on_sb[0] && from == NONE -> 0 : NONE)
#define NONE 255

active proctype unmount()
{
	byte watch, next, inode = NONE, to_put = NONE, state, number, last;
	byte new_wd, new_mask;
	bit made;

	sb_active[0] = 0;
	acquire(iprune_sem);
	acquire(inode_lock);
	inode = NEXT_INODE(NONE);
	do
	:: inode == NONE -> break
	:: else ->
	   if
	   :: d_step { i_count[inode] == 0 -> assert(i_live[inode]) }
	   :: d_step { i_count[inode] != 0 -> assert(i_live[inode]) };
	      if
	      :: d_step { i_state[inode] != 0 -> assert(i_live[inode]) }
	      :: d_step { i_state[inode] == 0 -> assert(i_live[inode]) };
	         d_step { assert(i_live[inode] && i_count[inode] > 0); i_count[inode]++ };
	         release_lock(inode_lock);
	         if
	         :: to_put != NONE -> iput(to_put); to_put = NONE
	         :: else
	         fi;
	         unmount_watches(inode);
	         to_put = inode;
	         acquire(inode_lock)
	      fi
	   fi;
	   d_step { assert(i_live[inode] && on_sb[inode]); inode = NEXT_INODE(inode) }
	od;
	if
	:: to_put != NONE -> release_lock(inode_lock); iput(to_put); to_put = NONE; acquire(inode_lock)
	:: else
	fi;
	release_lock(inode_lock);
	release_lock(iprune_sem);
end_done:
	false
}

/* --- the end ------------------------------------------------------------------------------------------------------ */

#define WATCHED(w) (w_live[w] -> w_count[w] == 1 && on_inode[w] && on_device[w] && idr[(w) - 1] == (w) : \
                    !on_inode[w] && !on_device[w] && idr[(w) - 1] == NIL)

/* When nobody can go on: what is left is what is to be left. That everybody has ended is what SPIN asks of an end. */
active proctype quiescence()
{
	timeout ->
	d_step {
		assert(!d_live[0] && d_live[1] && d_count[1] == 1 + on_device[3] + on_device[4]);
		assert(WATCHED(1) && WATCHED(2) && WATCHED(3) && WATCHED(4) && !w_live[3]);
		assert(user_devs == 1 && user_count == 2 && user_watches == on_device[3] + on_device[4]);
		assert(COUNTED(1));
#if THREADS == 4
		assert(i_live[1] && i_count[1] == 1 + on_inode[2] + on_inode[4]);
#else
		assert(i_live[1] && i_count[1] == 2 + on_inode[2] + on_inode[4]);
		assert(dentry_count == 1 && mounts == 0);
#endif
		assert(!i_live[0] || i_count[0] == 0)
	};
end_done:
	false
}
