/* The reduced search over packed states. Knows no model.
 *
 * What it computes, and why that is enough, is defined by `engine/reduction`; records, nodes and decision trees are
 * those of `search.c`. One object lives through all passes of a search and only learns; `begin` starts a pass.
 *
 *      a task           a state of the level at hand, or threads to be followed from a state that was expanded before
 *      a run            a step from it and those that this one forces, up to a state at which there is a choice again
 *      an arrival       the state at the end of a run, with the threads that are asleep there; alike threads and
 *                       objects are rearranged in it, so that one state stands for all that differ in which of them
 *                       is where
 *
 * A level is worked through in blocks, and a block in two phases:
 *
 *      expand   each task against the learned graph, which nothing changes meanwhile: a function of (task, graph) that
 *               writes to the worker's own buffers, so any number of workers share the block. A task in which there is
 *               something to ask of the host is marked as unusual, and no more.
 *      take     the tasks in order. Of an ordinary one the arrivals are looked up, and stored or merged; an unusual one
 *               is expanded again in its turn, asking the host, and its arrivals are taken as they come.
 *
 * What a level leads to is the tasks of the next one, so a task sees nothing of the others in its level, but for this:
 * with care (where executions may go on for ever) a task that leads to nothing new is expanded in full. That shows when
 * its arrivals are taken, and is then done in its turn. So results do not depend on the workers or the blocks.
 *
 * Before the second pass, if the first one is large, executions are drawn at random, only to learn (`scout`).
 *
 * While the host is asked it adds to the graph, so an array may move: no pointer into one outlives a question.
 */
#include "parts.h"

enum { LONGEST = 4096 };        /* steps of a forced run; the same in engine/reduction/reduced.py */
enum { BLOCK = 128, GRAIN = 8 };
enum { MOST_THREADS = 64, MOST_JOBS = 1024, FIRST_ROOM = 1 << 14 };
enum { QUESTIONS = 1 << 14, MEMOS = 1 << 13, VISTAS = 1 << 14 };

/* What a function comes to that may have something to ask. */
enum { FAILED = -1, DONE = 0, UNUSUAL = 1 };

/* --- sets of bytes of a record, a bit each ------------------------------------------------------------------------ */

typedef uint64_t Set;           /* the first word of `words` */

static inline int
set_meets(const Set *one, const Set *other, size_t words)
{
    uint64_t common = 0;
    for (size_t n = 0; n < words; n++)
        common |= one[n] & other[n];
    return common != 0;
}

/* Does it matter whether what touches and changes these bytes comes before what touches and changes those? */
static inline int
sets_conflict(const Set *touched, const Set *changed, const Set *touches, const Set *changes, size_t words)
{
    return set_meets(changed, touches, words) || set_meets(changed, changes, words) ||
           set_meets(touched, changes, words);
}

static inline void
set_join(Set *one, const Set *other, size_t words)
{
    for (size_t n = 0; n < words; n++)
        one[n] |= other[n];
}

static inline void
set_add(Set *one, uint32_t offset)
{
    one[offset >> 6] |= (uint64_t)1 << (offset & 63);
}

static inline int
set_has(const Set *one, uint32_t offset)
{
    return one[offset >> 6] >> (offset & 63) & 1;
}

/* --- the learned graph -------------------------------------------------------------------------------------------- */

static const uint32_t NONE = 0xFFFFFFFFu;

typedef struct {
    uint32_t offset, byte;
} Cell;

typedef struct {
    uint32_t first, cells;      /* where its writes begin in `cells`, and how many there are */
    uint32_t target, flags;     /* NONE: it leads to no node */
    uint32_t brought, claims;   /* where the claims that it brings up begin in `brought`, and how many there are */
    uint32_t placed;            /* has it a path? */
} Answer;

typedef struct {
    uint32_t root, choices;     /* where its trees begin in `roots`: one for each alternative */
    uint32_t component, place;  /* of this pass: on which cycles it lies, if any, and where in the program */
} Node;

typedef struct {
    uint8_t said, broken;       /* broken: its violation was not met yet */
} Verdict;

/* The sets of an answer, side by side. */
enum { READS, CHANGES, WANTED, ANSWER_SETS };

typedef struct {
    Trees trees;
    Array answers, answer_sets, cells, nodes, roots, held;
    Array claims;               /* the roots of their trees */
    Array claim_locks, claim_reads, verdicts, brought;
    uint64_t version;           /* grows with everything */
} Graph;

static inline Answer *
answer_at(const Graph *graph, uint32_t number)
{
    return (Answer *)graph->answers.items + number;
}

static inline Node *
node_number(const Graph *graph, uint32_t number)
{
    return (Node *)graph->nodes.items + number;
}

static inline const Cell *
cells_of(const Graph *graph, const Answer *answer)
{
    return (Cell *)graph->cells.items + answer->first;
}

/* --- a state, and what every thread would do next in it ----------------------------------------------------------- */

typedef struct {
    uint32_t first;             /* what its first alternative comes to */
    uint32_t choices;           /* 0: the thread has ended */
    uint8_t enabled, pool, last;
} Next;

/* The sets of a next step: bytes read, written; read, also by claims after it; read, also by claims that then said
 * something. */
enum { TOUCHES, WRITES, LOOKED, JUDGED, NEXT_SETS };

typedef struct {
    uint64_t sum;               /* of the whole record, for its fingerprint */
    uint64_t enabled;
    unsigned char *record;      /* these four stand in one block of memory */
    uint32_t *nodes;
    Next *nexts;
    Set *sets;
} Standing;

/* --- frozen futures ----------------------------------------------------------------------------------------------- */

/* Parts of steps and of claims, as in engine/reduction/futures.py. Edges, tests and branches are linked lists. */
typedef struct {
    size_t sets;                /* where its bytes touched and changed are in `part_sets` */
    uint32_t edges, tests;
    uint8_t pool, quiet;        /* quiet: it touches and changes nothing itself, as a part between two tests */
} Part;

typedef struct {
    uint32_t answer, next;
} Edge;

typedef struct {
    uint32_t followed;          /* the byte, by its place among those that are followed */
    uint32_t offset, next;
    uint32_t byte, part;        /* the first branch, as most tests have only one */
    uint32_t branches;          /* the others */
    size_t read;                /* in `part_sets` */
    uint64_t seen[4];
} Fork;

typedef struct {
    uint32_t part, next;
    uint8_t byte;
} Branch;

typedef struct {
    uint32_t thread, fork, next;
} Tester;

/* What is remembered of futures by values, in tables that forget what is in the way. A question is who moves, from
 * where, and maybe what may be met and who has turns first; the answer to it depends only on those followed bytes that
 * were tested to find it. So a question has the set of all bytes that were tested for it so far, and an answer is found
 * by the question, that set, and the values of its bytes. There are two kinds of answer: all that may be touched and
 * changed, whatever it may meet; and which thread it is that meets.
 *
 * A key is known by 128 bits of a hash: that two keys have the same is out of the question, so none is kept. */
typedef struct {
    uint64_t one, other;
} Key;

typedef struct {
    Key key;
    uint64_t era;
    uint64_t tested[];
} Question;

typedef struct {
    Key key;
    uint64_t era;
    int64_t thread;
} Memo;

typedef struct {
    Key key;
    uint64_t era, pool;
    Set sets[];                 /* touched, changed */
} Vista;

static const uint64_t AN_END = (uint64_t)1 << 63;

/* --- exchanges ---------------------------------------------------------------------------------------------------- */

/* A value of a record that may change by an exchange: where it stands, where it comes to stand, and whether it is a
 * reference, so that it becomes another one. */
typedef struct {
    uint32_t from, to;
    uint16_t width, refers;
} Moved;

/* As in engine/reduction/exchange.py. What a reference becomes begins in `codes`, for as many as are known. */
typedef struct {
    size_t first, count;        /* in `moved` */
    size_t codes, known;
} Exchange;

/* --- the search --------------------------------------------------------------------------------------------------- */

typedef struct {
    uint64_t sum, sleep, threads;
    uint64_t chosen;            /* which threads to follow, where that is known; else 0 */
    uint32_t number;
    int again;                  /* it was expanded before: follow these threads */
} Task;

typedef struct {
    uint64_t sum, sleep, chosen;
    size_t moves, length;       /* in the worker's `made`: see `encode` */
    int forward;
} Arrival;

typedef struct {
    size_t first, count;        /* its arrivals, in the buffer of the worker that expanded it */
    uint64_t transitions;
    size_t worker;
    int unusual, forward;
} Expansion;

typedef struct Search Search;

typedef struct {
    Search *search;
    PyObject *host;             /* NULL: nothing can be asked */
    int failed;                 /* it ran out of memory */
    uint64_t transitions, looked_up;
    Array arrivals, records, made;
    Array moves;                /* of the run at hand: see `encode` */
    Standing before, here;
    unsigned char *saved, *there, *elsewhere;
    Set *touched, *altered;     /* by a relaxation */
    Set *path, *mine, *changed, *touches, *changes, *holding, *reading;

    uint64_t era;               /* grows when what is remembered no longer holds */
    Array parts, part_sets, edges, forks, branches;
    Array part_of_node, part_of_claims, held_of_node;   /* number + 1; 0 is unknown */
    int16_t *written;
    Array helds, futures;
    uint64_t *held_slots, *future_slots;
    size_t held_room, future_room;
    size_t questions_mask, memos_mask, vistas_mask;     /* how many places they have, less 1 */
    Memo *memos;
    unsigned char *questions, *vistas;
    uint64_t *allowed;          /* for each followed byte the values that it may have; */
    uint32_t *only;             /* its value, as long as it may have one only; */
    uint32_t *testing;          /* its first tester */
    Array testers, reached;
    Array *waiting;
    uint32_t stamp;
    char apart[64];             /* so that no two workers write to one cache line */
} Worker;

struct Search {
    PyObject_HEAD
    size_t shared, threads, record, words, most, jobs;
    int exact, persistent, values, runs;
    uint64_t mask;              /* the bits of a fingerprint that count; fewer only in tests */
    Graph graph;
    uint64_t *factors;          /* for each thread */
    int32_t *followed;          /* for each byte its place among those that are followed, or -1 */
    uint32_t *offsets;          /* and the other way round */
    size_t followings, block;   /* `block`: bytes of a Standing's memory */
    size_t followed_words;      /* words of a set of followed bytes */
    size_t question, vista;     /* bytes of each */

    Array grounds;              /* states that executions drawn at random begin from */

    Array exchanges, moved, codes;
    Array orders;               /* for each exchange the thread that comes into each place */
    Array images;               /* for each node what becomes of it by each exchange */

    Table standing;             /* combinations of waiting threads that were judged, numbered */
    Array standings;            /* what they are */
    unsigned char *key;

    /* of the pass at hand */
    Table states;               /* numbered */
    size_t count;
    Array prints, kept;         /* fingerprints; records if `exact` */
    Array sleeps, parents, starts, arena, posts;
    Array tasks, task_records, next_tasks, next_records;
    Array from, to;             /* runs that may be part of a cycle */
    Array alike, ranks;         /* groups of alike threads, each after its size; the order of the nodes */
    uint64_t transitions, arrived, concluded;
    uint64_t remembered;        /* the graph of which the workers remember something */
    size_t done;
    uint32_t depth, frontier;
    int sleeping, careful, stop, cycles, begun, busy;
    unsigned char *ended;

    Worker *workers;            /* the first is the thread that called `run` */
    Worker asking;
    Pool pool;
    Array expansions;
    size_t start, length;
    atomic_size_t next;
};

static int
no_memory(Worker *worker)
{
    worker->failed = 1;
    if (worker->host != NULL)
        PyErr_NoMemory();
    return FAILED;
}

static inline Set *
sets_at(const Array *sets, size_t number, size_t words)
{
    return (Set *)sets->items + number * words;
}

static inline Set *
answer_set(const Search *self, uint32_t answer, size_t which)
{
    return sets_at(&self->graph.answer_sets, (size_t)answer * ANSWER_SETS + which, self->words);
}

static inline Set *
next_set(const Search *self, const Standing *here, size_t thread, size_t which)
{
    return here->sets + (thread * NEXT_SETS + which) * self->words;
}

/* --- records ------------------------------------------------------------------------------------------------------ */

/* Changes a byte, and the sum with it. */
static inline void
put(Standing *here, uint32_t offset, uint32_t byte)
{
    uint32_t old = here->record[offset];
    if (old == byte)
        return;
    here->record[offset] = (unsigned char)byte;
    here->sum += term(offset, byte) - term(offset, old);
}

static inline void
put_node(const Search *self, Standing *here, size_t thread, uint32_t node)
{
    unsigned char *place = here->record + self->shared + NODE_BYTES * thread;
    here->sum += (node_term(node) - node_term(here->nodes[thread])) * self->factors[thread];
    here->nodes[thread] = node;
    for (int n = 0; n < NODE_BYTES; n++)
        place[n] = (unsigned char)(node >> 8 * n);
}

static void
sum_up(const Search *self, Standing *here)
{
    here->sum = 0;
    for (size_t n = 0; n < self->shared; n++)
        here->sum += term(n, here->record[n]);
    for (size_t thread = 0; thread < self->threads; thread++)
        here->sum += node_term(node_at(here->record + self->shared + NODE_BYTES * thread)) * self->factors[thread];
}

static inline uint64_t
print_of(const Search *self, uint64_t sum)
{
    uint64_t print = mixed(sum) & self->mask;
    return print ? print : 1;
}

static inline void
standing_copy(const Search *self, Standing *to, const Standing *from)
{
    to->sum = from->sum;
    to->enabled = from->enabled;
    memcpy(to->sets, from->sets, self->block);
}

/* The sets come first: they ask for the strictest alignment. */
static int
standing_init(const Search *self, Standing *here)
{
    unsigned char *block = calloc(1, self->block);
    memset(here, 0, sizeof *here);
    if (block == NULL)
        return -1;
    here->sets = (Set *)block;
    here->nexts = (Next *)(here->sets + self->threads * NEXT_SETS * self->words);
    here->nodes = (uint32_t *)(here->nexts + self->threads);
    here->record = (unsigned char *)(here->nodes + self->threads);
    return 0;
}

static size_t
standing_size(const Search *self)
{
    return self->threads * (NEXT_SETS * self->words * sizeof(Set) + sizeof(Next) + sizeof(uint32_t)) + self->record;
}

/* --- moves --------------------------------------------------------------------------------------------------------
 *
 * A run's moves are its threads, one byte each. Only its first step can have been one of several alternatives:
 *
 *      | thread, 0x80 if the alternative is not 0 | alternative, two bytes, if so | thread | thread | ...
 *
 * Where the threads were rearranged after it, there is a byte for each of them first: which thread it was before, and
 * 0x40.
 */

enum { OTHER = 0x80, REARRANGED = 0x40 };

static int
encode(Worker *worker, size_t thread, uint32_t choice)
{
    Array *moves = &worker->moves;
    unsigned char *place = array_reserve(moves, 3);
    if (place == NULL)
        return no_memory(worker);
    place[0] = (unsigned char)(thread | (choice ? OTHER : 0));
    place[1] = (unsigned char)choice;
    place[2] = (unsigned char)(choice >> 8);
    moves->count += choice ? 3 : 1;
    return DONE;
}

static Py_ssize_t
moves_count(const unsigned char *moves, size_t length)
{
    return (Py_ssize_t)(length && moves[0] & OTHER ? length - 2 : length);
}

/* Puts moves into a tuple, from place `at` on. `names` is what the threads are called, NULL for their numbers. */
static int
moves_fill(PyObject *tuple, Py_ssize_t at, const unsigned char *moves, size_t length, const unsigned char *names)
{
    for (size_t n = 0; n < length; n++) {
        unsigned thread = moves[n], choice = 0;
        if (thread & OTHER) {
            thread &= ~(unsigned)OTHER;
            choice = moves[n + 1] | (unsigned)moves[n + 2] << 8;
            n += 2;
        }
        PyObject *move = Py_BuildValue("(II)", names == NULL ? thread : names[thread], choice);
        if (move == NULL)
            return -1;
        PyTuple_SET_ITEM(tuple, at++, move);
    }
    return 0;
}

static PyObject *
moves_tuple(const Worker *worker)
{
    const unsigned char *moves = worker->moves.items;
    PyObject *tuple = PyTuple_New(moves_count(moves, worker->moves.count));
    if (tuple != NULL && moves_fill(tuple, 0, moves, worker->moves.count, NULL) < 0)
        Py_CLEAR(tuple);
    return tuple;
}

/* --- asking the host ---------------------------------------------------------------------------------------------- */

static int
finished(PyObject *done)
{
    Py_XDECREF(done);
    return done == NULL ? FAILED : DONE;
}

static int
ask_step(const Worker *worker, const Standing *here, size_t thread, uint32_t choice)
{
    return finished(PyObject_CallMethod(worker->host, "learn", "y#nI", (char *)here->record,
                                        (Py_ssize_t)worker->search->record, (Py_ssize_t)thread, choice));
}

static int
ask_claim(const Worker *worker, const unsigned char *record, uint32_t claim)
{
    return finished(PyObject_CallMethod(worker->host, "claim", "Iy#", claim, (char *)record,
                                        (Py_ssize_t)worker->search->record));
}

/* Tells of a rule that is broken, by an answer or as a verdict says. */
static int
tell(const Worker *worker, const char *method, uint32_t what, uint32_t number)
{
    PyObject *moves = moves_tuple(worker);
    if (moves == NULL)
        return FAILED;
    return finished(PyObject_CallMethod(worker->host, method, "IIN", what, number, moves));
}

static int
ask_about(const Worker *worker, const char *method, const Standing *here, uint32_t number)
{
    PyObject *moves = moves_tuple(worker);
    if (moves == NULL)
        return FAILED;
    return finished(PyObject_CallMethod(worker->host, method, "y#IN", (char *)here->record,
                                        (Py_ssize_t)worker->search->record, number, moves));
}

/* Tells of the rules that an answer breaks, if they were not met yet. */
static int
meet_all(const Worker *worker, uint32_t answer, uint32_t number)
{
    Answer *found = answer_at(&worker->search->graph, answer);
    if (!(found->flags & PENDING))
        return DONE;
    if (worker->host == NULL)
        return UNUSUAL;
    found->flags &= ~(uint32_t)PENDING;
    return tell(worker, "broken", answer, number);
}

/* --- next steps --------------------------------------------------------------------------------------------------- */

/* What an alternative of a thread's next step comes to: an answer, or NONE if that is not known yet. */
static inline uint32_t
outcome(const Graph *graph, const Standing *here, size_t thread, uint32_t choice)
{
    uint32_t root = node_number(graph, here->nodes[thread])->root;
    int32_t found = decide(&graph->trees, ((int32_t *)graph->roots.items)[root + choice], here->record);
    return found ? (uint32_t)(-1 - found) : NONE;
}

static inline uint32_t
answer_of(const Graph *graph, const Standing *here, size_t thread, uint32_t choice)
{
    return choice ? outcome(graph, here, thread, choice) : here->nexts[thread].first;
}

/* What claim number `claim` comes to in a record: a verdict, asked for where it is new. */
static int
verdict_of(Worker *worker, const unsigned char *record, uint32_t claim, uint32_t *verdict)
{
    const Graph *graph = &worker->search->graph;
    int32_t found = decide(&graph->trees, ((int32_t *)graph->claims.items)[claim], record);
    if (found == 0) {
        if (worker->host == NULL)
            return UNUSUAL;
        if (ask_claim(worker, record, claim) < 0)
            return FAILED;
        found = decide(&graph->trees, ((int32_t *)graph->claims.items)[claim], record);
        if (found == 0) {
            PyErr_SetString(PyExc_SystemError, "the host judged another claim than it was asked for");
            return FAILED;
        }
    }
    *verdict = (uint32_t)(-1 - found);
    return DONE;
}

/* Adds what the claims read that a step brings up, in the record after it: the step is made for the while. */
static int
look_after(Worker *worker, Standing *here, uint32_t answer, Set *looked, Set *judged)
{
    const Search *self = worker->search;
    const Graph *graph = &self->graph;
    Answer found = *answer_at(graph, answer);
    int done = DONE;
    for (uint32_t n = 0; n < found.cells; n++) {
        const Cell *cell = cells_of(graph, &found) + n;
        worker->saved[n] = here->record[cell->offset];
        here->record[cell->offset] = (unsigned char)cell->byte;
    }
    for (uint32_t n = 0; n < found.claims && done == DONE; n++) {
        uint32_t claim = ((uint32_t *)graph->brought.items)[found.brought + n], verdict = 0;
        done = verdict_of(worker, here->record, claim, &verdict);
        if (done != DONE)
            break;
        memset(worker->path, 0, self->words * sizeof(Set));
        for (int32_t at = ((int32_t *)graph->claims.items)[claim]; at > 0;) {
            const Test *test = test_at(&graph->trees, at);
            set_add(worker->path, test->offset);
            at = child_at(&graph->trees, test, here->record[test->offset]);
        }
        set_join(looked, worker->path, self->words);
        if (((Verdict *)graph->verdicts.items)[verdict].said)
            set_join(judged, worker->path, self->words);
    }
    for (uint32_t n = 0; n < found.cells; n++)
        here->record[cells_of(graph, &found)[n].offset] = worker->saved[n];
    return done;
}

/* Adds an answer to the sets of a next step. */
static int
include(Worker *worker, Standing *here, uint32_t answer, Set *sets)
{
    const Search *self = worker->search;
    const size_t words = self->words;
    set_join(sets + TOUCHES * words, answer_set(self, answer, READS), words);
    set_join(sets + WRITES * words, answer_set(self, answer, CHANGES), words);
    set_join(sets + LOOKED * words, answer_set(self, answer, READS), words);
    set_join(sets + JUDGED * words, answer_set(self, answer, READS), words);
    if (answer_at(&self->graph, answer)->claims == 0)
        return DONE;
    return look_after(worker, here, answer, sets + LOOKED * words, sets + JUDGED * words);
}

/* Finds the next step of a thread. */
static int
peek(Worker *worker, Standing *here, size_t thread)
{
    const Search *self = worker->search;
    const Graph *graph = &self->graph;
    Next next = {.choices = node_number(graph, here->nodes[thread])->choices};
    Set *sets = next_set(self, here, thread, 0);
    here->enabled &= ~((uint64_t)1 << thread);
    memset(sets, 0, NEXT_SETS * self->words * sizeof(Set));
    for (uint32_t choice = 0; choice < next.choices; choice++) {
        uint32_t answer = outcome(graph, here, thread, choice);
        if (answer == NONE) {
            if (worker->host == NULL)
                return UNUSUAL;
            if (ask_step(worker, here, thread, choice) < 0)
                return FAILED;
            answer = outcome(graph, here, thread, choice);
            if (answer == NONE) {
                PyErr_SetString(PyExc_SystemError, "the host learned another step than it was asked for");
                return FAILED;
            }
        }
        uint32_t flags = answer_at(graph, answer)->flags;
        if (choice == 0)
            next.first = answer;
        next.enabled |= !(flags & BLOCKED);
        next.pool |= (flags & POOL) != 0;
        next.last |= (flags & (POOL | HALTS)) != 0;
        int done = include(worker, here, answer, sets);
        if (done != DONE)
            return done;
    }
    here->nexts[thread] = next;
    here->enabled |= (uint64_t)next.enabled << thread;
    return DONE;
}

/* Finds what every thread would do next in a state; the record and its sum are given. */
static int
stand(Worker *worker, Standing *here)
{
    const Search *self = worker->search;
    here->enabled = 0;
    for (size_t thread = 0; thread < self->threads; thread++)
        here->nodes[thread] = node_at(here->record + self->shared + NODE_BYTES * thread);
    for (size_t thread = 0; thread < self->threads; thread++) {
        int done = peek(worker, here, thread);
        if (done != DONE)
            return done;
    }
    return DONE;
}

/* Makes a step, in place. */
static int
make(Worker *worker, Standing *here, size_t thread, uint32_t answer)
{
    const Search *self = worker->search;
    Answer found = *answer_at(&self->graph, answer);
    const Cell *cells = cells_of(&self->graph, &found);
    memcpy(worker->changed, answer_set(self, answer, CHANGES), self->words * sizeof(Set));
    for (uint32_t n = 0; n < found.cells; n++)
        put(here, cells[n].offset, cells[n].byte);
    put_node(self, here, thread, found.target);
    for (size_t other = 0; other < self->threads; other++) {
        if (other != thread && (here->nexts[other].choices == 0 ||
                                !set_meets(next_set(self, here, other, LOOKED), worker->changed, self->words)))
            continue;
        int done = peek(worker, here, other);
        if (done != DONE)
            return done;
    }
    return DONE;
}

/* The sleeping threads whose next steps do not depend on this step, in `sleep`. */
static int
still_asleep(Worker *worker, Standing *here, size_t thread, uint32_t answer, uint64_t *sleep)
{
    const Search *self = worker->search;
    const size_t words = self->words;
    const Set *mine = next_set(self, here, thread, 0);
    if (*sleep == 0)
        return DONE;
    if (here->nexts[thread].choices > 1) {
        memset(worker->mine, 0, NEXT_SETS * words * sizeof(Set));
        int done = include(worker, here, answer, worker->mine);
        if (done != DONE)
            return done;
        mine = worker->mine;
    }
    int pool = (answer_at(&self->graph, answer)->flags & POOL) != 0;
    for (uint64_t left = *sleep; left; left &= left - 1) {
        size_t other = (size_t)__builtin_ctzll(left);
        const Next *next = &here->nexts[other];
        const Set *its = next_set(self, here, other, 0);
        if (other == thread || next->choices == 0 || next->pool || pool ||
            set_meets(its + WRITES * words, mine + LOOKED * words, words) ||
            set_meets(its + WRITES * words, mine + WRITES * words, words) ||
            set_meets(its + LOOKED * words, mine + WRITES * words, words))
            *sleep &= ~((uint64_t)1 << other);
    }
    return DONE;
}

/* --- frozen futures: parts ---------------------------------------------------------------------------------------- */

/* What was remembered no longer holds. */
static void
forget(Worker *worker)
{
    Array *arrays[] = {&worker->parts, &worker->part_sets, &worker->edges, &worker->forks, &worker->branches,
                       &worker->part_of_node, &worker->part_of_claims, &worker->held_of_node, &worker->helds,
                       &worker->futures};
    for (size_t n = 0; n < sizeof arrays / sizeof *arrays; n++)
        arrays[n]->count = 0;
    memset(worker->held_slots, 0, worker->held_room * sizeof(uint64_t));
    memset(worker->future_slots, 0, 2 * worker->future_room * sizeof(uint64_t));
    worker->era++;
}

/* The place of a number in an array of which what is new is 0; NULL without memory. */
static uint32_t *
slot_of(Array *array, uint32_t number)
{
    if (number >= array->count) {
        uint32_t *more = array_reserve(array, number + 1 - array->count);
        if (more == NULL)
            return NULL;
        memset(more, 0, (number + 1 - array->count) * sizeof *more);
        array->count = number + 1;
    }
    return (uint32_t *)array->items + number;
}

/* The number of a new set, a copy of this one or empty. */
static int64_t
new_set(const Worker *worker, Array *sets, const Set *copied, size_t count)
{
    size_t words = worker->search->words * count;
    Set *place = array_reserve(sets, words);
    if (place == NULL)
        return -1;
    if (copied != NULL)
        memcpy(place, copied, words * sizeof(Set));
    else
        memset(place, 0, words * sizeof(Set));
    sets->count += words;
    return (int64_t)(sets->count - words);
}

static int64_t
new_part(Worker *worker)
{
    int64_t sets = new_set(worker, &worker->part_sets, NULL, 2);
    Part *part = array_push(&worker->parts);
    if (sets < 0 || part == NULL || worker->parts.count > UINT32_MAX - 1)
        return -1;
    *part = (Part){.sets = (size_t)sets, .edges = NONE, .tests = NONE, .quiet = 1};
    return (int64_t)worker->parts.count - 1;
}

static inline Part *
part_at(const Worker *worker, uint32_t number)
{
    return (Part *)worker->parts.items + number;
}

static inline Set *
part_set(const Worker *worker, size_t place)
{
    return (Set *)worker->part_sets.items + place;
}

/* Adds a step to a part. */
static int
add_answer(Worker *worker, uint32_t part, uint32_t answer)
{
    const Search *self = worker->search;
    const Answer *found = answer_at(&self->graph, answer);
    Set *touches = part_set(worker, part_at(worker, part)->sets), *changes = touches + self->words;
    const Set *reads = answer_set(self, answer, READS), *wanted = answer_set(self, answer, WANTED);
    int blocked = (found->flags & BLOCKED) != 0;
    for (size_t n = 0; n < self->words; n++)
        touches[n] |= blocked ? reads[n] & ~wanted[n] : reads[n];
    set_join(changes, answer_set(self, answer, CHANGES), self->words);
    part_at(worker, part)->pool |= (found->flags & POOL) != 0;
    part_at(worker, part)->quiet = 0;
    if (blocked)
        return 0;
    Edge *edge = array_push(&worker->edges);
    if (edge == NULL)
        return -1;
    *edge = (Edge){answer, part_at(worker, part)->edges};
    part_at(worker, part)->edges = (uint32_t)worker->edges.count - 1;
    return 0;
}

static int fill(Worker *worker, uint32_t part, int32_t at, int claim);

/* Adds a read of a followed byte to a part: a part for each value that was seen. */
static int
add_fork(Worker *worker, uint32_t part, const Test *read, int claim)
{
    const Search *self = worker->search;
    const Trees *trees = &self->graph.trees;
    int64_t set = new_set(worker, &worker->part_sets, worker->reading, 1);
    Fork made = {(uint32_t)self->followed[read->offset], read->offset, part_at(worker, part)->tests, 0, NONE, NONE,
                 (size_t)set, {0}};
    if (set < 0)
        return -1;
    for (unsigned byte = read->low; byte <= (unsigned)read->low + read->more; byte++) {
        int32_t child = child_at(trees, read, byte);
        if (child == 0)
            continue;
        int64_t branch = new_part(worker);
        if (branch < 0 || fill(worker, (uint32_t)branch, child, claim) < 0)
            return -1;
        Branch *place = made.part == NONE ? NULL : array_push(&worker->branches);
        if (made.part == NONE) {
            made.byte = byte;
            made.part = (uint32_t)branch;
        }
        else if (place == NULL)
            return -1;
        else {
            *place = (Branch){(uint32_t)branch, made.branches, (uint8_t)byte};
            made.branches = (uint32_t)worker->branches.count - 1;
        }
        made.seen[byte >> 6] |= (uint64_t)1 << (byte & 63);
    }
    if (made.part == NONE)      /* a path that was not taken in */
        return 0;
    Fork *place = array_push(&worker->forks);
    if (place == NULL)
        return -1;
    *place = made;
    part_at(worker, part)->tests = (uint32_t)worker->forks.count - 1;
    return 0;
}

/* Adds to a part what a read of a byte leads to whose value is known, or left open. */
static int
pass_on(Worker *worker, uint32_t part, const Test *read, int claim)
{
    const Trees *trees = &worker->search->graph.trees;
    int16_t known = claim ? worker->written[read->offset] : -1;
    if (known >= 0) {
        int32_t child = (unsigned)known - read->low <= read->more ? child_at(trees, read, (unsigned)known) : 0;
        if (child)
            return fill(worker, part, child, claim);
    }
    set_join(part_set(worker, part_at(worker, part)->sets), worker->reading, worker->search->words);
    part_at(worker, part)->quiet = 0;
    if (known >= 0)
        return 0;
    for (unsigned byte = read->low; byte <= (unsigned)read->low + read->more; byte++) {
        int32_t child = child_at(trees, read, byte);
        if (child && fill(worker, part, child, claim) < 0)
            return -1;
    }
    return 0;
}

/* Adds to a part what a tree may lead to, of a step or of a claim. The bytes read up to here are in `reading`; for a
 * claim the bytes that its step wrote are in `written`. */
static int
fill(Worker *worker, uint32_t part, int32_t at, int claim)
{
    const Search *self = worker->search;
    Set *touches = part_set(worker, part_at(worker, part)->sets);
    if (at == 0) {              /* not known yet: everything */
        memset(touches, 0xFF, 2 * self->words * sizeof(Set));
        part_at(worker, part)->quiet = 0;
        return 0;
    }
    if (at < 0 && claim) {
        if (((Verdict *)self->graph.verdicts.items)[-1 - at].said)
            set_join(touches, worker->reading, self->words);
        part_at(worker, part)->quiet = 0;
        return 0;
    }
    if (at < 0)
        return add_answer(worker, part, (uint32_t)(-1 - at));
    const Test *read = test_at(&self->graph.trees, at);
    int before = set_has(worker->reading, read->offset), done;
    set_add(worker->reading, read->offset);
    if (self->followed[read->offset] >= 0 && !(claim && worker->written[read->offset] >= 0))
        done = add_fork(worker, part, read, claim);
    else
        done = pass_on(worker, part, read, claim);
    if (!before)
        worker->reading[read->offset >> 6] &= ~((uint64_t)1 << (read->offset & 63));
    return done;
}

/* What the step at a node may come to, for all its alternatives; -1 without memory. */
static int64_t
part_of_node(Worker *worker, uint32_t node)
{
    const Graph *graph = &worker->search->graph;
    if (node < worker->part_of_node.count) {
        uint32_t known = ((uint32_t *)worker->part_of_node.items)[node];
        if (known)
            return (int64_t)known - 1;
    }
    int64_t part = new_part(worker);
    const Node *found = node_number(graph, node);
    for (uint32_t n = 0; part >= 0 && n < found->choices; n++)
        if (fill(worker, (uint32_t)part, ((int32_t *)graph->roots.items)[found->root + n], 0) < 0)
            return -1;
    uint32_t *slot = slot_of(&worker->part_of_node, node);
    if (slot == NULL || part < 0)
        return -1;
    *slot = (uint32_t)part + 1;
    return part;
}

/* What the claims may look at that a step brings up (it brings up some); -1 without memory. */
static int64_t
part_of_claims(Worker *worker, uint32_t answer)
{
    const Graph *graph = &worker->search->graph;
    const Answer *found = answer_at(graph, answer);
    uint32_t *slot = slot_of(&worker->part_of_claims, answer);
    if (slot == NULL || *slot)
        return slot == NULL ? -1 : (int64_t)*slot - 1;
    int64_t part = new_part(worker);
    const Cell *cells = cells_of(graph, found);
    for (uint32_t n = 0; n < found->cells; n++)
        worker->written[cells[n].offset] = (int16_t)cells[n].byte;
    for (uint32_t n = 0; part >= 0 && n < found->claims; n++) {
        uint32_t claim = ((uint32_t *)graph->brought.items)[found->brought + n];
        if (fill(worker, (uint32_t)part, ((int32_t *)graph->claims.items)[claim], 1) < 0)
            part = -1;
    }
    for (uint32_t n = 0; n < found->cells; n++)
        worker->written[cells[n].offset] = -1;
    if (part >= 0)
        *slot = (uint32_t)part + 1;
    return part;
}

/* --- frozen futures by locks -------------------------------------------------------------------------------------- */

/* The number of a set of held locks; -1 without memory. */
static int64_t
held_number(Worker *worker, const Set *held)
{
    const size_t words = worker->search->words;
    uint64_t hash = 0;
    for (size_t n = 0; n < words; n++)
        hash = mixed(hash + held[n] * 0x9E3779B97F4A7C15u);
    for (size_t at = hash & (worker->held_room - 1);; at = (at + 1) & (worker->held_room - 1)) {
        if (worker->held_slots[at] == 0) {
            int64_t place = new_set(worker, &worker->helds, held, 1);
            if (place < 0)
                return -1;
            size_t count = worker->helds.count / words;
            worker->held_slots[at] = count;
            if (count * 2 > worker->held_room) {
                uint64_t *wider = calloc(worker->held_room * 2, sizeof *wider);
                if (wider == NULL)
                    return -1;
                free(worker->held_slots);
                worker->held_slots = wider;
                worker->held_room *= 2;
                for (size_t n = 0; n < count; n++) {
                    uint64_t sum = 0;
                    for (size_t k = 0; k < words; k++)
                        sum = mixed(sum + sets_at(&worker->helds, n, words)[k] * 0x9E3779B97F4A7C15u);
                    size_t to = sum & (worker->held_room - 1);
                    while (wider[to])
                        to = (to + 1) & (worker->held_room - 1);
                    wider[to] = n + 1;
                }
            }
            return (int64_t)count - 1;
        }
        size_t number = worker->held_slots[at] - 1;
        if (memcmp(sets_at(&worker->helds, number, words), held, words * sizeof(Set)) == 0)
            return (int64_t)number;
    }
}

static int64_t
held_at(Worker *worker, uint32_t node)
{
    const Search *self = worker->search;
    if (node < worker->held_of_node.count) {
        uint32_t known = ((uint32_t *)worker->held_of_node.items)[node];
        if (known)
            return (int64_t)known - 1;
    }
    uint32_t *slot = slot_of(&worker->held_of_node, node);
    if (slot == NULL)
        return -1;
    int64_t held = held_number(worker, sets_at(&self->graph.held, node, self->words));
    if (held >= 0)
        *slot = (uint32_t)held + 1;
    return held;
}

/* Begins the stamps of the nodes that are reached, for one search through the graph. */
static uint32_t *
begin_stamps(Worker *worker, size_t threads)
{
    size_t cells = threads * worker->search->graph.nodes.count;
    if (worker->reached.count < cells || worker->stamp == UINT32_MAX) {
        uint32_t *all;
        worker->reached.count = 0;
        if ((all = array_reserve(&worker->reached, cells)) == NULL)
            return NULL;
        memset(all, 0, cells * sizeof *all);
        worker->reached.count = cells;
        worker->stamp = 0;
    }
    worker->stamp++;
    return worker->reached.items;
}

static inline int
push_part(Array *waiting, int64_t part)
{
    return part < 0 ? -1 : array_push_u32(waiting, (uint32_t)part);
}

/* Goes on from a part, for a future by locks: the values read are left open. */
static int
spread(Worker *worker, uint32_t number, const Set *held, Set *touches, Set *changes, int *pool, uint32_t *stamps)
{
    const Search *self = worker->search;
    Array *waiting = &worker->waiting[0];
    Part part = *part_at(worker, number);
    set_join(touches, part_set(worker, part.sets), self->words);
    set_join(changes, part_set(worker, part.sets) + self->words, self->words);
    *pool |= part.pool;
    for (uint32_t at = part.edges; at != NONE; at = ((Edge *)worker->edges.items)[at].next) {
        uint32_t answer = ((Edge *)worker->edges.items)[at].answer;
        const Answer *found = answer_at(&self->graph, answer);
        if (found->claims && push_part(waiting, part_of_claims(worker, answer)) < 0)
            return -1;
        if (found->target == NONE || stamps[found->target] == worker->stamp)
            continue;
        stamps[found->target] = worker->stamp;
        if (push_part(waiting, part_of_node(worker, found->target)) < 0)
            return -1;
    }
    for (uint32_t at = part.tests; at != NONE; at = ((Fork *)worker->forks.items)[at].next) {
        const Fork *fork = (Fork *)worker->forks.items + at;
        int open = !set_has(held, fork->offset);
        if (open || !(fork->seen[0] & 1))
            set_join(touches, part_set(worker, fork->read), self->words);
        if ((open || fork->byte == 0) && array_push_u32(waiting, fork->part) < 0)
            return -1;
        for (uint32_t n = fork->branches; n != NONE; n = ((Branch *)worker->branches.items)[n].next) {
            const Branch *branch = (Branch *)worker->branches.items + n;
            if ((open || branch->byte == 0) && array_push_u32(waiting, branch->part) < 0)
                return -1;
        }
    }
    return 0;
}

/* Finds what a thread may touch from a node while locks stay held; where (touches, changes, pool) are in `futures`. */
static int64_t
find_future(Worker *worker, uint32_t node, int64_t held)
{
    const Search *self = worker->search;
    int pool = 0;
    uint32_t *stamps = begin_stamps(worker, 1);
    int64_t place = new_set(worker, &worker->futures, NULL, 3);
    if (place < 0 || stamps == NULL)
        return -1;
    const Set *locks = sets_at(&worker->helds, (size_t)held, self->words);
    Set *touches = (Set *)worker->futures.items + place;
    worker->waiting[0].count = 0;
    stamps[node] = worker->stamp;
    if (push_part(&worker->waiting[0], part_of_node(worker, node)) < 0)
        return -1;
    while (worker->waiting[0].count) {
        uint32_t part = ((uint32_t *)worker->waiting[0].items)[--worker->waiting[0].count];
        if (spread(worker, part, locks, touches, touches + self->words, &pool, stamps) < 0)
            return -1;
    }
    touches[2 * self->words] = (uint64_t)pool;
    return place;
}

static int
wider_futures(Worker *worker)
{
    size_t room = worker->future_room * 2;
    uint64_t *wider = calloc(room * 2, sizeof *wider);
    if (wider == NULL)
        return -1;
    for (size_t n = 0; n < worker->future_room; n++) {
        uint64_t key = worker->future_slots[2 * n];
        if (key == 0)
            continue;
        size_t at = mixed(key) & (room - 1);
        while (wider[2 * at])
            at = (at + 1) & (room - 1);
        memcpy(wider + 2 * at, worker->future_slots + 2 * n, 2 * sizeof *wider);
    }
    free(worker->future_slots);
    worker->future_slots = wider;
    worker->future_room = room;
    return 0;
}

/* May a thread, while locks stay held, come to meet steps that touch and change these bytes? -1 without memory. */
static int
meets_by_locks(Worker *worker, uint32_t node, int64_t held, const Set *touches, const Set *changes)
{
    const size_t words = worker->search->words;
    uint64_t key = ((uint64_t)(held + 1) << 32) | node;
    size_t at = mixed(key) & (worker->future_room - 1);
    while (worker->future_slots[2 * at] && worker->future_slots[2 * at] != key)
        at = (at + 1) & (worker->future_room - 1);
    if (worker->future_slots[2 * at] == 0) {
        int64_t place = find_future(worker, node, held);
        if (place < 0)
            return -1;
        worker->future_slots[2 * at] = key;
        worker->future_slots[2 * at + 1] = (uint64_t)place;
        if (worker->futures.count / (3 * words) * 2 > worker->future_room && wider_futures(worker) < 0)
            return -1;
        return meets_by_locks(worker, node, held, touches, changes);
    }
    const Set *future = (Set *)worker->futures.items + worker->future_slots[2 * at + 1];
    return sets_conflict(future, future + words, touches, changes, words) || future[2 * words];
}

/* --- frozen futures by values ------------------------------------------------------------------------------------- */

typedef struct {
    uint64_t moving, meeting, met;      /* threads; `meeting` are those that have their turns first */
    uint32_t *stamps;
    size_t nodes;
    const Set *touches, *changes;       /* what may be met; NULL: nothing */
    Set *touched, *altered;             /* by any of them */
    int pool;
} Relaxation;

static inline int
is_allowed(const Worker *worker, uint32_t followed, uint8_t byte)
{
    return worker->allowed[4 * followed + (byte >> 6)] >> (byte & 63) & 1;
}

/* The part to which a value leads that was seen. */
static inline uint32_t
branch_of(const Worker *worker, const Fork *fork, uint32_t byte)
{
    if (fork->byte == byte)
        return fork->part;
    uint32_t at = fork->branches;
    while (((Branch *)worker->branches.items)[at].byte != byte)
        at = ((Branch *)worker->branches.items)[at].next;
    return ((Branch *)worker->branches.items)[at].part;
}

static inline int
was_seen(const Fork *fork, uint32_t byte)
{
    return fork->seen[byte >> 6] >> (byte & 63) & 1;
}

/* A thread reads a byte that may have a value which it never saw there. */
static inline void
read_unseen(Worker *worker, Relaxation *all, size_t thread, const Fork *fork)
{
    const size_t words = worker->search->words;
    const Set *read = part_set(worker, fork->read);
    set_join(all->touched, read, words);
    if (all->changes != NULL && set_meets(read, all->changes, words))
        all->met |= (uint64_t)1 << thread;
}

/* A byte may have one more value: whoever tested it may go on. */
static int
allow(Worker *worker, Relaxation *all, uint32_t followed, uint8_t byte)
{
    worker->allowed[4 * followed + (byte >> 6)] |= (uint64_t)1 << (byte & 63);
    worker->only[followed] = NONE;
    for (uint32_t n = worker->testing[followed]; n != NONE; n = ((Tester *)worker->testers.items)[n].next) {
        const Tester *tester = (Tester *)worker->testers.items + n;
        const Fork *fork = (Fork *)worker->forks.items + tester->fork;
        if (!was_seen(fork, byte)) {
            read_unseen(worker, all, tester->thread, fork);
            continue;
        }
        if (array_push_u32(&worker->waiting[tester->thread], branch_of(worker, fork, byte)) < 0)
            return -1;
    }
    return 0;
}

/* A step can be made: what it writes may be read, and the thread may go on from where it leads. */
static int
follow_edge(Worker *worker, Relaxation *all, size_t thread, uint32_t answer)
{
    const Search *self = worker->search;
    const Answer *found = answer_at(&self->graph, answer);
    const Cell *cells = cells_of(&self->graph, found);
    for (uint32_t n = 0; n < found->cells; n++) {
        int32_t followed = self->followed[cells[n].offset];
        if (followed >= 0 && !is_allowed(worker, (uint32_t)followed, (uint8_t)cells[n].byte) &&
            allow(worker, all, (uint32_t)followed, (uint8_t)cells[n].byte) < 0)
            return -1;
    }
    if (found->claims && push_part(&worker->waiting[thread], part_of_claims(worker, answer)) < 0)
        return -1;
    if (found->target == NONE || all->stamps[thread * all->nodes + found->target] == worker->stamp)
        return 0;
    all->stamps[thread * all->nodes + found->target] = worker->stamp;
    return push_part(&worker->waiting[thread], part_of_node(worker, found->target));
}

/* A thread comes to a test. What follows has to wait, but for one part of it, which is set if none was. */
static int
come_to_test(Worker *worker, Relaxation *all, size_t thread, uint32_t number, uint32_t *following)
{
    const Fork *fork = (Fork *)worker->forks.items + number;
    Array *waiting = &worker->waiting[thread];
    Tester *tester = array_push(&worker->testers);
    if (tester == NULL)
        return -1;
    *tester = (Tester){(uint32_t)thread, number, worker->testing[fork->followed]};
    worker->testing[fork->followed] = (uint32_t)worker->testers.count - 1;
    uint32_t only = worker->only[fork->followed], unseen = 0;
    if (only != NONE && was_seen(fork, only)) {
        uint32_t part = branch_of(worker, fork, only);
        if (*following != NONE)
            return array_push_u32(waiting, part);
        *following = part;
        return 0;
    }
    const uint64_t *values = worker->allowed + 4 * fork->followed;
    for (int n = 0; n < 4; n++)
        unseen |= (values[n] & ~fork->seen[n]) != 0;
    if (unseen)
        read_unseen(worker, all, thread, fork);
    if (only != NONE)
        return 0;
    if (is_allowed(worker, fork->followed, (uint8_t)fork->byte) && array_push_u32(waiting, fork->part) < 0)
        return -1;
    for (uint32_t n = fork->branches; n != NONE; n = ((Branch *)worker->branches.items)[n].next) {
        const Branch *branch = (Branch *)worker->branches.items + n;
        if (is_allowed(worker, fork->followed, branch->byte) && array_push_u32(waiting, branch->part) < 0)
            return -1;
    }
    return 0;
}

/* A thread comes to a part, and goes on while there is one way only. */
static int
reach(Worker *worker, Relaxation *all, size_t thread, uint32_t number)
{
    const size_t words = worker->search->words;
    while (number != NONE && !(all->met >> thread & 1)) {
        Part part = *part_at(worker, number);
        const Set *touches = part_set(worker, part.sets), *changes = touches + words;
        if (!part.quiet) {
            set_join(all->touched, touches, words);
            set_join(all->altered, changes, words);
            all->pool |= part.pool;
            if (all->changes != NULL &&
                (part.pool || sets_conflict(touches, changes, all->touches, all->changes, words))) {
                all->met |= (uint64_t)1 << thread;
                return 0;
            }
        }
        number = NONE;
        for (uint32_t at = part.edges; at != NONE; at = ((Edge *)worker->edges.items)[at].next)
            if (follow_edge(worker, all, thread, ((Edge *)worker->edges.items)[at].answer) < 0)
                return -1;
        for (uint32_t at = part.tests; at != NONE; at = ((Fork *)worker->forks.items)[at].next)
            if (come_to_test(worker, all, thread, at, &number) < 0)
                return -1;
    }
    return 0;
}

/* Lets each of these threads in turn go as far as it can; the first that meets, -1 if there is none, -2 without
 * memory. */
static int
take_turn(Worker *worker, Relaxation *all, uint64_t threads)
{
    for (uint64_t left = threads; left; left &= left - 1) {
        size_t thread = (size_t)__builtin_ctzll(left);
        Array *waiting = &worker->waiting[thread];
        while (waiting->count && !(all->met >> thread & 1)) {
            uint32_t part = ((uint32_t *)waiting->items)[--waiting->count];
            if (reach(worker, all, thread, part) < 0)
                return -2;
        }
        if (all->met >> thread & 1)
            return (int)thread;
    }
    return -1;
}

/* Lets the threads take turns, until none has anywhere to go; the first that meets, -1 if there is none, -2 without
 * memory. */
static int
take_turns(Worker *worker, Relaxation *all)
{
    for (int going = 1; going;) {
        int found = take_turn(worker, all, all->meeting);
        if (found == -1)
            found = take_turn(worker, all, all->moving & ~all->meeting);
        if (found != -1)
            return found;
        going = 0;
        for (uint64_t left = all->moving; left; left &= left - 1)
            going |= worker->waiting[__builtin_ctzll(left)].count > 0;
    }
    /* A thread may have come to a value that it never saw by what another one did after its own last turn. */
    uint64_t first = all->met & all->meeting ? all->met & all->meeting : all->met;
    return first ? __builtin_ctzll(first) : -1;
}

/* Lets threads go as far as values allow; the first that meets, -1 if there is none, -2 without memory. */
static int
relax(Worker *worker, const Standing *here, Relaxation *all)
{
    const Search *self = worker->search;
    all->nodes = self->graph.nodes.count;
    all->stamps = begin_stamps(worker, self->threads);
    if (all->stamps == NULL)
        return -2;
    memset(all->touched, 0, self->words * sizeof(Set));
    memset(all->altered, 0, self->words * sizeof(Set));
    memset(worker->allowed, 0, self->followings * 4 * sizeof(uint64_t));
    memset(worker->testing, 0xFF, self->followings * sizeof(uint32_t));
    worker->testers.count = 0;
    for (size_t n = 0; n < self->followings; n++) {
        unsigned byte = here->record[self->offsets[n]];
        worker->allowed[4 * n + (byte >> 6)] |= (uint64_t)1 << (byte & 63);
        worker->only[n] = byte;
    }
    for (uint64_t left = all->moving; left; left &= left - 1) {
        size_t thread = (size_t)__builtin_ctzll(left);
        worker->waiting[thread].count = 0;
        all->stamps[thread * all->nodes + here->nodes[thread]] = worker->stamp;
        if (push_part(&worker->waiting[thread], part_of_node(worker, here->nodes[thread])) < 0)
            return -2;
    }
    return take_turns(worker, all);
}

static inline void
key_add(Key *key, uint64_t word)
{
    key->one = mixed(key->one + word * 0x9E3779B97F4A7C15u);
    key->other = mixed((key->other ^ word) * 0xD1B54A32D192ED03u + 1);
}

static inline int
key_is(const Key *one, const Key *other)
{
    return one->one == other->one && one->other == other->other;
}

/* The key of an answer, by the key of its question and the bytes that were tested for it. */
static Key
answer_key(const Search *self, const Question *question, const Standing *here)
{
    Key key = question->key;
    uint64_t word = 0;
    unsigned filled = 0;
    for (size_t n = 0; n < self->followed_words; n++) {
        const uint32_t *offsets = self->offsets + 64 * n;
        key_add(&key, question->tested[n]);
        for (uint64_t left = question->tested[n]; left; left &= left - 1) {
            word = word << 8 | here->record[offsets[__builtin_ctzll(left)]];
            if (++filled % 8 == 0)
                key_add(&key, word);
        }
    }
    key_add(&key, filled % 8 ? word << 8 * (8 - filled % 8) : 0);
    return key;
}

/* The place of a question; what was tested for it before, if that is still known. */
static Question *
question_at(Worker *worker, Key key)
{
    const Search *self = worker->search;
    Question *question = (Question *)(worker->questions + (key.one & worker->questions_mask) * self->question);
    if (!key_is(&question->key, &key) || question->era != worker->era) {
        question->key = key;
        question->era = worker->era;
        memset(question->tested, 0, self->followed_words * sizeof(uint64_t));
    }
    return question;
}

/* Adds what was tested to find an answer; the key of that. */
static Key
note_tested(const Worker *worker, const Standing *here, Question *question)
{
    const Search *self = worker->search;
    for (size_t n = 0; n < self->followings; n++)
        question->tested[n >> 6] |= (uint64_t)(worker->testing[n] != NONE) << (n & 63);
    return answer_key(self, question, here);
}

static inline Vista *
vista_at(const Worker *worker, const Key *key)
{
    return (Vista *)(worker->vistas + (key->one & worker->vistas_mask) * worker->search->vista);
}

static inline int
is_seen(const Worker *worker, const Vista *vista, const Key *key)
{
    return key_is(&vista->key, key) && vista->era == worker->era;
}

/* Remembers what a relaxation came to that went as far as it could. */
static void
keep_vista(Worker *worker, const Standing *here, Question *question, const Relaxation *all)
{
    const size_t words = worker->search->words;
    Key key = note_tested(worker, here, question);
    Vista *vista = vista_at(worker, &key);
    vista->key = key;
    vista->era = worker->era;
    vista->pool = (uint64_t)all->pool;
    memcpy(vista->sets, all->touched, words * sizeof(Set));
    memcpy(vista->sets + words, all->altered, words * sizeof(Set));
}

static inline int
vista_meets(const Vista *vista, const Set *touches, const Set *changes, size_t words)
{
    return vista->pool || sets_conflict(vista->sets, vista->sets + words, touches, changes, words);
}

/* May a thread, if all the others stand still, come to meet steps that touch and change these bytes? -2 without
 * memory. */
static int
meets_alone(Worker *worker, const Standing *here, size_t thread, const Set *touches, const Set *changes)
{
    const Search *self = worker->search;
    Key key = {here->nodes[thread], 1};
    key_add(&key, 0);
    Question *question = question_at(worker, key);
    key = answer_key(self, question, here);
    const Vista *vista = vista_at(worker, &key);
    if (is_seen(worker, vista, &key))
        return vista_meets(vista, touches, changes, self->words);
    Relaxation all = {.moving = (uint64_t)1 << thread, .touched = worker->touched, .altered = worker->altered};
    if (relax(worker, here, &all) == -2)
        return -2;
    keep_vista(worker, here, question, &all);
    return all.pool || sets_conflict(all.touched, all.altered, touches, changes, self->words);
}

/* Which of the threads `moving` meets first, if they all move: see `by_values`. `question` is for what they may touch
 * and change; `key` is that of it. */
static int
meets_together(Worker *worker, const Standing *here, Relaxation *all, Question *question, Key key)
{
    const Search *self = worker->search;
    key_add(&key, all->meeting);
    for (size_t n = 0; n < self->words; n++) {
        key_add(&key, all->touches[n]);
        key_add(&key, all->changes[n]);
    }
    Question *which = question_at(worker, key);
    key = answer_key(self, which, here);
    const Memo *memo = worker->memos + (key.one & worker->memos_mask);
    if (key_is(&memo->key, &key) && memo->era == worker->era)
        return (int)memo->thread;
    int found = relax(worker, here, all);
    if (found == -1)
        keep_vista(worker, here, question, all);
    else if (found >= 0) {
        key = note_tested(worker, here, which);
        worker->memos[key.one & worker->memos_mask] = (Memo){key, worker->era, found};
    }
    return found;
}

/* The first of the threads `moving` that may meet steps that touch and change these bytes; -1 if there is none, -2
 * without memory. The other threads stand still. `meeting` are those that may meet them as far as locks tell: they are
 * asked one by one first, and have their turns before the others. */
static int
by_values(Worker *worker, const Standing *here, uint64_t moving, uint64_t meeting, const Set *touches,
          const Set *changes)
{
    for (uint64_t left = meeting; left; left &= left - 1) {
        int meets = meets_alone(worker, here, (size_t)__builtin_ctzll(left), touches, changes);
        if (meets)
            return meets < 0 ? meets : __builtin_ctzll(left);
    }
    Key key = {moving, ~moving};
    for (uint64_t left = moving; left; left &= left - 1)
        key_add(&key, here->nodes[__builtin_ctzll(left)]);
    Question *question = question_at(worker, key);
    Key seen = answer_key(worker->search, question, here);
    const Vista *vista = vista_at(worker, &seen);
    if (is_seen(worker, vista, &seen) && !vista_meets(vista, touches, changes, worker->search->words))
        return -1;
    Relaxation all = {.moving = moving, .meeting = meeting, .touches = touches, .changes = changes,
                      .touched = worker->touched, .altered = worker->altered};
    return meets_together(worker, here, &all, question, key);
}

/* --- persistent sets ---------------------------------------------------------------------------------------------- */

/* Does it matter for a thread's next step whether steps that touch and change these bytes are made before it? */
static inline int
next_meets(const Search *self, const Standing *here, size_t thread, const Set *touches, const Set *changes)
{
    const size_t words = self->words;
    const Set *its = next_set(self, here, thread, 0);
    return set_meets(its + WRITES * words, touches, words) || set_meets(its + WRITES * words, changes, words) ||
           set_meets(its + JUDGED * words, changes, words) || here->nexts[thread].pool;
}

/* Is one thread a persistent set, as far as next steps and locks tell? -1 without memory. */
static int
stands_alone(Worker *worker, const Standing *here, size_t thread)
{
    const Search *self = worker->search;
    const Set *touches = next_set(self, here, thread, TOUCHES), *changes = next_set(self, here, thread, WRITES);
    if (here->nexts[thread].last)
        return 0;
    for (uint64_t left = here->enabled & ~((uint64_t)1 << thread); left; left &= left - 1)
        if (next_meets(self, here, (size_t)__builtin_ctzll(left), touches, changes))
            return 0;
    int64_t held = held_at(worker, here->nodes[thread]);
    if (held < 0)
        return -1;
    for (size_t n = 0; n < self->threads; n++) {
        if (n == thread || here->nexts[n].choices == 0)
            continue;
        int meets = meets_by_locks(worker, here->nodes[n], held, touches, changes);
        if (meets)
            return meets < 0 ? -1 : 0;
    }
    return 1;
}

/* A thread that may come to meet the members' steps, as a bit, in `found`; 0 if there is none. */
static int
met_later(Worker *worker, const Standing *here, uint64_t rest, uint64_t *found)
{
    const Search *self = worker->search;
    int64_t held = held_number(worker, worker->holding);
    uint64_t meeting = 0;
    *found = 0;
    if (held < 0)
        return -1;
    for (uint64_t left = rest; left; left &= left - 1) {
        size_t thread = (size_t)__builtin_ctzll(left);
        int meets = meets_by_locks(worker, here->nodes[thread], held, worker->touches, worker->changes);
        if (meets < 0)
            return -1;
        meeting |= (uint64_t)(meets > 0) << thread;
    }
    if (!meeting || !self->values) {
        *found = meeting & -meeting;
        return 0;
    }
    int first = by_values(worker, here, rest, meeting, worker->touches, worker->changes);
    if (first >= 0)
        *found = (uint64_t)1 << first;
    return first < -1 ? -1 : 0;
}

/* The persistent set grown from a thread, its enabled members, in `found`; all that are enabled where it grows to
 * `most` of them. */
static int
grown(Worker *worker, const Standing *here, size_t thread, int most, uint64_t *found)
{
    const Search *self = worker->search;
    const size_t size = self->words * sizeof(Set);
    uint64_t members = (uint64_t)1 << thread, added = members, rest = 0;
    memset(worker->touches, 0, size);
    memset(worker->changes, 0, size);
    memset(worker->holding, 0, size);
    for (size_t n = 0; n < self->threads; n++)
        rest |= (uint64_t)(here->nexts[n].choices > 0) << n;
    *found = here->enabled;
    while (added) {
        for (uint64_t left = added; left; left &= left - 1) {
            size_t n = (size_t)__builtin_ctzll(left);
            if (here->nexts[n].last)
                return 0;
            set_join(worker->touches, next_set(self, here, n, TOUCHES), self->words);
            set_join(worker->changes, next_set(self, here, n, WRITES), self->words);
            set_join(worker->holding, sets_at(&self->graph.held, here->nodes[n], self->words), self->words);
        }
        rest &= ~added;
        members |= added;
        if (__builtin_popcountll(members & here->enabled) >= most)
            return 0;
        added = 0;
        for (uint64_t left = rest & here->enabled; left; left &= left - 1)
            if (next_meets(self, here, (size_t)__builtin_ctzll(left), worker->touches, worker->changes))
                added |= left & -left;
        if (!added && met_later(worker, here, rest, &added) < 0)
            return -1;
    }
    *found = members & here->enabled;
    return 0;
}

/* The number of a state if it is known; otherwise NOWHERE, and `at` is where it would stand in the table. */
static inline uint32_t
known_number(const Search *self, uint64_t print, const unsigned char *record, size_t *at)
{
    const Table *table = &self->states;
    for (*at = table_home(table, print); table->words[*at]; *at = table_next(table, *at)) {
        if ((table->words[*at] ^ print) & UPPER)
            continue;
        uint64_t number = number_in(table->words[*at]);
        if (self->exact ? memcmp((unsigned char *)self->kept.items + number * self->record, record, self->record) == 0
                        : ((uint64_t *)self->prints.items)[number] == print)
            return (uint32_t)number;
    }
    return NOWHERE;
}

/* Does every run end in this state, as one did before? */
static int
is_an_end(Worker *worker, const Standing *here)
{
    const Search *self = worker->search;
    size_t at;
    worker->looked_up++;
    uint32_t number = known_number(self, print_of(self, here->sum), here->record, &at);
    return number != NOWHERE && ((uint64_t *)self->starts.items)[number] & AN_END;
}

/* The threads that must be followed from a state, of those that are enabled, in `chosen`; 0 if the state is known as the
 * end of runs, which is asked for in one. */
static int
choose(Worker *worker, const Standing *here, int running, uint64_t *chosen)
{
    const Search *self = worker->search;
    uint64_t enabled = here->enabled;
    *chosen = enabled;
    if (!self->persistent || (enabled & (enabled - 1)) == 0)
        return DONE;
    for (uint64_t left = enabled; left; left &= left - 1) {
        int alone = stands_alone(worker, here, (size_t)__builtin_ctzll(left));
        if (alone < 0)
            return no_memory(worker);
        if (alone) {
            *chosen = left & -left;
            return DONE;
        }
    }
    if (running && is_an_end(worker, here)) {
        *chosen = 0;
        return DONE;
    }
    for (uint64_t left = enabled; left; left &= left - 1) {
        uint64_t found;
        if (grown(worker, here, (size_t)__builtin_ctzll(left), __builtin_popcountll(*chosen), &found) < 0)
            return no_memory(worker);
        if (__builtin_popcountll(found) < __builtin_popcountll(*chosen))
            *chosen = found;
    }
    return DONE;
}

/* --- storing states ----------------------------------------------------------------------------------------------- */

/* The task of a state in the next level, or NULL if it has none. */
static inline Task *
task_of(const Search *self, uint32_t number)
{
    uint32_t post = ((uint32_t *)self->posts.items)[number];
    Task *task = (Task *)self->next_tasks.items + post;
    return post < self->next_tasks.count && task->number == number ? task : NULL;
}

static Task *
post(Search *self, uint32_t number, const Arrival *arrival, const unsigned char *record)
{
    unsigned char *place = array_push(&self->next_records);
    Task *task = array_push(&self->next_tasks);
    if (place == NULL || task == NULL)
        return NULL;
    memcpy(place, record, self->record);
    ((uint32_t *)self->posts.items)[number] = (uint32_t)self->next_tasks.count - 1;
    *task = (Task){.sum = arrival->sum, .chosen = arrival->chosen, .number = number};
    return task;
}

static int
store(Search *self, const Arrival *arrival, const unsigned char *record, uint64_t print, size_t at, uint32_t parent,
      const unsigned char *moves)
{
    uint32_t number = (uint32_t)self->count, *post_place = array_push(&self->posts);
    uint64_t *start = array_push(&self->starts), *sleep = array_push(&self->sleeps);
    unsigned char *made = array_reserve(&self->arena, arrival->length);
    void *known = array_push(self->exact ? &self->kept : &self->prints);
    if (post_place == NULL || start == NULL || sleep == NULL || (made == NULL && arrival->length) || known == NULL ||
        array_push_u32(&self->parents, parent) < 0)
        return -1;
    *start = self->arena.count | (arrival->chosen ? AN_END : 0);
    *sleep = arrival->sleep;
    memcpy(known, self->exact ? (const void *)record : (const void *)&print, self->exact ? self->record : sizeof print);
    if (arrival->length)
        memcpy(made, moves, arrival->length);
    self->arena.count += arrival->length;
    self->states.words[at] = numbered(print, number);
    self->states.count++;
    self->count++;
    Task *task = post(self, number, arrival, record);
    if (task == NULL)
        return -1;
    task->sleep = arrival->sleep;
    return 0;
}

/* Stores a state that is to be expanded, or merges the sleep set into that of a known one; its number, or -1 with an
 * exception. */
static int64_t
arrive(Search *self, PyObject *host, const Arrival *arrival, const unsigned char *record, uint32_t parent,
       const unsigned char *moves)
{
    uint64_t print = print_of(self, arrival->sum);
    size_t at;
    self->arrived++;
    if (table_reserve(&self->states, 1) < 0)
        goto no_memory;
    uint32_t number = known_number(self, print, record, &at);
    if (number == NOWHERE) {
        if (self->count >= self->most)
            return finished(PyObject_CallMethod(host, "full", NULL)) < 0 ? -1 : (int64_t)self->count;
        if (store(self, arrival, record, print, at, parent, moves) < 0)
            goto no_memory;
        return (int64_t)self->count - 1;
    }
    ((uint64_t *)self->starts.items)[number] |= arrival->chosen ? AN_END : 0;
    uint64_t *sleep = (uint64_t *)self->sleeps.items + number, awake = *sleep & ~arrival->sleep;
    if (awake) {
        Task *task = task_of(self, number);
        *sleep &= arrival->sleep;
        if (task == NULL) {
            if ((task = post(self, number, arrival, record)) == NULL)
                goto no_memory;
            task->again = 1;
        }
        task->sleep = *sleep;
        task->threads |= awake;
    }
    return number;
no_memory:
    PyErr_NoMemory();
    return -1;
}

/* Takes an arrival of a task; 1 if it leads forward, 0 if the state was expanded before, round a cycle, or -1. */
static int
take_arrival(Search *self, PyObject *host, const Arrival *arrival, const unsigned char *record, uint32_t parent,
             const unsigned char *moves)
{
    int64_t reached = arrive(self, host, arrival, record, parent, moves);
    if (reached < 0)
        return -1;
    if (!arrival->forward &&
        (array_push_u32(&self->from, parent) < 0 || array_push_u32(&self->to, (uint32_t)reached) < 0)) {
        PyErr_NoMemory();
        return -1;
    }
    return arrival->forward || reached > (int64_t)parent;
}

/* --- waiting ------------------------------------------------------------------------------------------------------ */

enum { KEY = NODE_BYTES + 1 };  /* of a thread in a combination: its node, and how many alternatives are blocked */

/* Was this combination of waiting threads judged? If not, `at` is where it would stand. */
static int
is_standing(const Search *self, uint64_t print, const unsigned char *key, size_t *at)
{
    const Table *table = &self->standing;
    const unsigned char *keys = self->standings.items;
    for (*at = table_home(table, print); table->words[*at]; *at = table_next(table, *at))
        if (((table->words[*at] ^ print) & UPPER) == 0 &&
            memcmp(keys + number_in(table->words[*at]) * self->standings.size, key, self->standings.size) == 0)
            return 1;
    return 0;
}

static int
judge_combination(Worker *worker, const Standing *here, uint32_t number, const unsigned char *key, uint64_t print)
{
    Search *self = worker->search;
    size_t at;
    if (is_standing(self, print, key, &at))
        return DONE;
    if (worker->host == NULL)
        return UNUSUAL;
    unsigned char *place;
    if (table_reserve(&self->standing, 1) < 0 || (place = array_push(&self->standings)) == NULL)
        return no_memory(worker);
    (void)is_standing(self, print, key, &at);
    memcpy(place, key, self->standings.size);
    self->standing.words[at] = numbered(print, self->standing.count++);
    return ask_about(worker, "waiting", here, number);
}

/* Judges what a state shows by itself: who has ended, who waits for whom, what is broken by asking. */
static int
judge_standing(Worker *worker, Standing *here, uint32_t number)
{
    const Search *self = worker->search;
    unsigned char key[MOST_THREADS * KEY];
    uint64_t print = 0, waiting = 0;
    memset(key, 0xFF, self->standings.size);
    for (size_t thread = 0; thread < self->threads; thread++) {
        const Next *next = &here->nexts[thread];
        unsigned blocked = 0;
        if (next->choices == 0 && !self->ended[thread]) {
            if (worker->host == NULL)
                return UNUSUAL;
            self->ended[thread] = 1;
        }
        if (next->choices == 1)
            blocked = !next->enabled;
        for (uint32_t n = 0; next->choices > 1 && n < next->choices; n++)
            blocked += answer_at(&self->graph, answer_of(&self->graph, here, thread, n))->flags & BLOCKED;
        if (!blocked)
            continue;
        waiting |= (uint64_t)1 << thread;
        memcpy(key + KEY * thread, here->record + self->shared + NODE_BYTES * thread, NODE_BYTES);
        key[KEY * thread + NODE_BYTES] = (unsigned char)blocked;
        print += term(thread << 8 | (blocked & 0xFF), here->nodes[thread]);
    }
    if (!waiting)
        return DONE;
    int done = judge_combination(worker, here, number, key, print);
    for (uint64_t left = waiting; left && done == DONE; left &= left - 1) {
        size_t thread = (size_t)__builtin_ctzll(left);
        for (uint32_t n = 0; n < here->nexts[thread].choices && done == DONE; n++) {
            uint32_t answer = answer_of(&self->graph, here, thread, n);
            if (answer_at(&self->graph, answer)->flags & BLOCKED)
                done = meet_all(worker, answer, number);
        }
    }
    return done;
}

/* --- runs --------------------------------------------------------------------------------------------------------- */

/* Judges the claims that a step brought up, in the state after it. */
static int
judge_claims(Worker *worker, const Standing *here, uint32_t answer, uint32_t number)
{
    const Graph *graph = &worker->search->graph;
    Answer found = *answer_at(graph, answer);
    for (uint32_t n = 0; n < found.claims; n++) {
        uint32_t verdict = 0;
        int done = verdict_of(worker, here->record, ((uint32_t *)graph->brought.items)[found.brought + n], &verdict);
        if (done != DONE)
            return done;
        Verdict *judged = (Verdict *)graph->verdicts.items + verdict;
        if (!judged->broken)
            continue;
        if (worker->host == NULL)
            return UNUSUAL;
        judged->broken = 0;
        if (tell(worker, "fails", verdict, number) < 0)
            return FAILED;
    }
    return DONE;
}

/* The host reclaims freed slots: a pool ran out. Stands in the state in which it asked again, and sets the answer. */
static int
collect(Worker *worker, size_t thread, uint32_t choice, uint32_t *answer)
{
    const Search *self = worker->search;
    PyObject *state;
    unsigned int found;
    PyObject *told = PyObject_CallMethod(worker->host, "collect", "y#nI", (char *)worker->before.record,
                                         (Py_ssize_t)self->record, (Py_ssize_t)thread, choice);
    if (told == NULL)
        return FAILED;
    if (!PyArg_ParseTuple(told, "SI", &state, &found)) {
        Py_DECREF(told);
        return FAILED;
    }
    int fits = (size_t)PyBytes_GET_SIZE(state) == self->record && found < self->graph.answers.count &&
               answer_at(&self->graph, found)->placed;
    if (fits)
        memcpy(worker->here.record, PyBytes_AS_STRING(state), self->record);
    Py_DECREF(told);
    for (size_t n = 0; n < self->threads; n++)
        fits = fits && node_at(worker->here.record + self->shared + NODE_BYTES * n) < self->graph.nodes.count;
    if (!fits) {
        PyErr_SetString(PyExc_SystemError, "the host collected into no state, or gave no answer");
        return FAILED;
    }
    *answer = found;
    sum_up(self, &worker->here);
    return DONE;
}

/* One of the ways to rearrange a state: by an exchange, or by none, and alike threads in order. */
typedef struct {
    uint64_t sleep;
    uint32_t nodes[MOST_THREADS];       /* for each place the node that comes into it, */
    unsigned char order[MOST_THREADS];  /* and the thread */
} Way;

static inline uint32_t
rank_of(const Search *self, uint32_t node)
{
    return node < self->ranks.count ? ((uint32_t *)self->ranks.items)[node] : node;
}

/* The place of a thread among those that are alike, in order. */
static inline uint64_t
place_of(const Search *self, const Way *way, uint64_t sleep, size_t at)
{
    return (uint64_t)rank_of(self, way->nodes[at]) << 1 | (sleep >> way->order[at] & 1);
}

/* Puts alike threads into the order of their nodes, those asleep last; 0 if they stand so. */
static int
put_in_order(const Search *self, uint64_t sleep, Way *way)
{
    const unsigned char *groups = self->alike.items;
    int moved = 0;
    for (size_t at = 0, size; at < self->alike.count; at += 1 + size) {
        const unsigned char *group = groups + at + 1;
        size = groups[at];
        for (size_t n = 1; n < size; n++) {
            uint64_t place = place_of(self, way, sleep, group[n]);
            uint32_t node = way->nodes[group[n]];
            unsigned char thread = way->order[group[n]];
            size_t to = n;
            for (; to && place_of(self, way, sleep, group[to - 1]) > place; to--) {
                way->nodes[group[to]] = way->nodes[group[to - 1]];
                way->order[group[to]] = way->order[group[to - 1]];
            }
            way->nodes[group[to]] = node;
            way->order[group[to]] = thread;
            moved |= to < n;
        }
    }
    way->sleep = 0;
    for (size_t n = 0; n < self->threads; n++)
        way->sleep |= (sleep >> way->order[n] & 1) << n;
    return moved;
}

/* The way by an exchange. */
static void
exchange_threads(const Search *self, const Standing *here, uint64_t sleep, size_t number, Way *way)
{
    const unsigned char *order = (unsigned char *)self->orders.items + number * self->threads;
    const uint32_t *images = self->images.items;
    for (size_t n = 0; n < self->threads; n++) {
        way->order[n] = order[n];
        way->nodes[n] = images[here->nodes[order[n]] * self->exchanges.count + number];
    }
    (void)put_in_order(self, sleep, way);
}

/* What becomes of the shared part of a record by an exchange. */
static void
exchange_shared(const Search *self, const unsigned char *record, size_t number, unsigned char *there)
{
    const Exchange *exchange = (Exchange *)self->exchanges.items + number;
    const Moved *moved = (Moved *)self->moved.items + exchange->first;
    const uint32_t *codes = (uint32_t *)self->codes.items + exchange->codes;
    memcpy(there, record, self->shared);
    for (size_t n = 0; n < exchange->count; n++, moved++) {
        uint32_t code = 0;
        if (!moved->refers) {
            memcpy(there + moved->to, record + moved->from, moved->width);
            continue;
        }
        for (uint32_t k = 0; k < moved->width; k++)
            code |= (uint32_t)record[moved->from + k] << 8 * k;
        if (code < exchange->known)
            code = codes[code];
        for (uint32_t k = 0; k < moved->width; k++)
            there[moved->to + k] = (unsigned char)(code >> 8 * k);
    }
}

static int
compare_ranks(const Search *self, const Way *one, const Way *other)
{
    for (size_t n = 0; n < self->threads; n++) {
        uint32_t mine = rank_of(self, one->nodes[n]), its = rank_of(self, other->nodes[n]);
        if (mine != its)
            return mine < its ? -1 : 1;
    }
    return 0;
}

/* Finds the way to the state that stands for this one; 0 if it does so itself. The shared part there is in `there`, if
 * it is not that of the record. */
static int
find_way(Worker *worker, const Standing *here, uint64_t sleep, Way *best, const unsigned char **there)
{
    const Search *self = worker->search;
    const size_t exchanges = self->images.count >= self->graph.nodes.count * self->exchanges.count
                                 ? self->exchanges.count : 0;
    size_t found = exchanges;   /* the exchange: none */
    int made = 0;               /* is the shared part there made? */
    for (size_t n = 0; n < self->threads; n++) {
        best->order[n] = (unsigned char)n;
        best->nodes[n] = here->nodes[n];
    }
    int moved = put_in_order(self, sleep, best);
    for (size_t n = 0; n < exchanges; n++) {
        Way way;
        exchange_threads(self, here, sleep, n, &way);
        int order = compare_ranks(self, &way, best), makes = order == 0;
        if (makes) {
            if (found < exchanges && !made)
                exchange_shared(self, here->record, found, worker->there);
            made = found < exchanges;
            exchange_shared(self, here->record, n, worker->elsewhere);
            order = memcmp(worker->elsewhere, made ? worker->there : here->record, self->shared);
            if (order == 0)
                order = way.sleep < best->sleep ? -1 : 1;
        }
        if (order > 0)
            continue;
        if (makes) {
            unsigned char *kept = worker->there;
            worker->there = worker->elsewhere;
            worker->elsewhere = kept;
        }
        made = makes;
        found = n;
        *best = way;
    }
    if (found < exchanges && !made)
        exchange_shared(self, here->record, found, worker->there);
    *there = found < exchanges ? worker->there : NULL;
    return moved || found < exchanges;
}

/* Rearranges the state at the end of a run, and notes the order of the threads in `made`. */
static void
rearrange(Worker *worker, const Way *way, const unsigned char *there, unsigned char *made)
{
    const Search *self = worker->search;
    for (uint32_t n = 0; there != NULL && n < self->shared; n++)
        put(&worker->here, n, there[n]);
    for (size_t n = 0; n < self->threads; n++) {
        put_node(self, &worker->here, n, way->nodes[n]);
        made[n] = way->order[n] | REARRANGED;
    }
}

/* The end of a run: keeps the arrival, or takes it if the host is at hand. */
static int
reach_end(Worker *worker, uint32_t number, uint64_t sleep, uint64_t chosen, int *forward)
{
    Search *self = worker->search;
    Standing *here = &worker->here;
    const unsigned char *there;
    Way way;
    size_t before = find_way(worker, here, sleep, &way, &there) ? self->threads : 0;
    if (worker->host != NULL)
        worker->made.count = 0;
    unsigned char *made = array_reserve(&worker->made, before + worker->moves.count);
    if (made == NULL)
        return no_memory(worker);
    if (before) {
        rearrange(worker, &way, there, made);
        chosen = 0;             /* it is asked of the state as it is stored */
    }
    memcpy(made + before, worker->moves.items, worker->moves.count);
    Arrival arrival = {here->sum, way.sleep, chosen, worker->made.count, before + worker->moves.count, *forward};
    if (worker->host != NULL) {
        *forward = take_arrival(self, worker->host, &arrival, here->record, number, made);
        return *forward < 0 ? FAILED : DONE;
    }
    unsigned char *record = array_push(&worker->records);
    Arrival *place = array_push(&worker->arrivals);
    if (record == NULL || place == NULL)
        return no_memory(worker);
    worker->made.count += arrival.length;
    memcpy(record, here->record, self->record);
    *place = arrival;
    return DONE;
}

/* Can the thread come back to where it was before this step? `back`: and does this step lead back? */
static int
turns(const Search *self, uint32_t node, uint32_t target, int *back)
{
    const Node *from = node_number(&self->graph, node), *to = node_number(&self->graph, target);
    int turning = self->cycles && from->component != NONE && from->component == to->component;
    *back = turning && to->place <= from->place;
    return turning;
}

/* Makes a step and those that it forces, up to a state that is stored.
 *
 * `forward` is 0 if the run may be part of a cycle; and, with the host at hand, that state was expanded before this
 * one. */
static int
run(Worker *worker, uint32_t number, size_t thread, uint32_t choice, uint32_t answer, uint64_t sleep, int *forward)
{
    const Search *self = worker->search;
    const Graph *graph = &self->graph;
    Standing *here = &worker->here;
    int done, back;
    *forward = 1;
    worker->moves.count = 0;
    standing_copy(self, here, &worker->before);
    if (answer_at(graph, answer)->flags & POOL) {
        if (worker->host == NULL)
            return UNUSUAL;
        if (collect(worker, thread, choice, &answer) < 0)
            return FAILED;
        if (answer_at(graph, answer)->flags & POOL)
            return meet_all(worker, answer, number);
        if ((done = stand(worker, here)) != DONE)
            return done;
        sleep = 0;
    }
    if (encode(worker, thread, choice) < 0)
        return FAILED;
    int going = 0;
    uint64_t chosen = 0;
    for (int steps = 1;; steps++) {
        worker->transitions++;
        if ((done = meet_all(worker, answer, number)) != DONE)
            return done;
        if (answer_at(graph, answer)->flags & HALTS)
            return DONE;
        if ((done = still_asleep(worker, here, thread, answer, &sleep)) != DONE)
            return done;
        going |= !turns(self, here->nodes[thread], answer_at(graph, answer)->target, &back);
        if ((done = make(worker, here, thread, answer)) != DONE ||
            (done = judge_claims(worker, here, answer, number)) != DONE)
            return done;
        chosen = 0;
        if (!here->enabled || (back && self->careful) || steps >= LONGEST || !self->runs)
            break;
        if ((done = choose(worker, here, 1, &chosen)) != DONE)
            return done;
        if (chosen == 0 || chosen & (chosen - 1))
            break;
        size_t forced = (size_t)__builtin_ctzll(chosen);
        if (here->nexts[forced].choices > 1 || here->nexts[forced].pool)
            break;
        if ((done = judge_standing(worker, here, number)) != DONE)
            return done;
        if (sleep & chosen)
            return DONE;
        thread = forced;
        answer = here->nexts[thread].first;
        if (encode(worker, thread, 0) < 0)
            return FAILED;
    }
    *forward = going;
    return reach_end(worker, number, sleep, chosen, forward);
}

/* Makes each step of these threads from the state `before`; sets `forward` if something leads on. */
static int
follow(Worker *worker, uint32_t number, uint64_t threads, uint64_t sleep, int *forward)
{
    const Search *self = worker->search;
    for (uint64_t left = threads; left; left &= left - 1) {
        size_t thread = (size_t)__builtin_ctzll(left);
        const Next *next = &worker->before.nexts[thread];
        for (uint32_t choice = 0; choice < next->choices; choice++) {
            uint32_t answer = answer_of(&self->graph, &worker->before, thread, choice);
            int leads = 0, done;
            if (answer_at(&self->graph, answer)->flags & BLOCKED)
                continue;
            if ((done = run(worker, number, thread, choice, answer, sleep, &leads)) != DONE)
                return done;
            *forward |= leads;
        }
        if (self->sleeping && !next->last)
            sleep |= (uint64_t)1 << thread;
    }
    return DONE;
}

/* --- tasks -------------------------------------------------------------------------------------------------------- */

static int
open_task(Worker *worker, const Task *task, const unsigned char *record)
{
    Standing *before = &worker->before;
    memcpy(before->record, record, worker->search->record);
    before->sum = task->sum;
    return stand(worker, before);
}

/* Follows the threads that must be followed from a state. */
static int
expand(Worker *worker, const Task *task, const unsigned char *record, int *forward)
{
    const Search *self = worker->search;
    Standing *before = &worker->before;
    uint64_t chosen;
    int done = open_task(worker, task, record);
    *forward = 0;
    worker->moves.count = 0;
    if (done != DONE)
        return done;
    if (task->again)
        return follow(worker, task->number, task->threads, task->sleep, forward);
    if ((done = judge_standing(worker, before, task->number)) != DONE)
        return done;
    if (!before->enabled)
        return worker->host == NULL ? UNUSUAL : ask_about(worker, "final", before, task->number);
    chosen = task->chosen;
    if ((chosen == 0 && (done = choose(worker, before, 0, &chosen)) != DONE) ||
        (done = follow(worker, task->number, chosen & ~task->sleep, task->sleep, forward)) != DONE)
        return done;
    if (worker->host != NULL && self->careful && !*forward)
        return follow(worker, task->number, before->enabled & ~chosen, 0, forward);
    return DONE;
}

/* What nothing forward came of, with care: follows the threads that were left out. */
static int
expand_rest(Worker *worker, const Task *task, const unsigned char *record)
{
    uint64_t chosen;
    int done = open_task(worker, task, record), forward = 0;
    if (done != DONE || (done = choose(worker, &worker->before, 0, &chosen)) != DONE)
        return done;
    return follow(worker, task->number, worker->before.enabled & ~chosen, 0, &forward);
}

static inline const Task *
task_at(const Search *self, size_t n)
{
    return (Task *)self->tasks.items + n;
}

static inline const unsigned char *
task_record(const Search *self, size_t n)
{
    return (unsigned char *)self->task_records.items + n * self->record;
}

/* What a worker does in the first phase. */
static void
expand_some(void *search, size_t index)
{
    Search *self = search;
    Worker *worker = &self->workers[index];
    for (;;) {
        size_t begin = atomic_fetch_add(&self->next, GRAIN), end = begin + GRAIN;
        for (size_t n = begin; n < end && n < self->length; n++) {
            Expansion *place = (Expansion *)self->expansions.items + n;
            size_t first = worker->arrivals.count;
            int forward;
            worker->transitions = 0;
            int done = expand(worker, task_at(self, self->start + n), task_record(self, self->start + n), &forward);
            if (done == FAILED)
                return;
            if (done == UNUSUAL)
                worker->arrivals.count = worker->records.count = first;
            *place = (Expansion){first, worker->arrivals.count - first, worker->transitions, index, done == UNUSUAL,
                                 forward};
        }
        if (end >= self->length)
            return;
    }
}

static int
take_unusual(Search *self, PyObject *host, size_t n)
{
    int forward;
    self->asking.host = host;
    self->asking.transitions = 0;
    int done = expand(&self->asking, task_at(self, n), task_record(self, n), &forward);
    self->transitions += self->asking.transitions;
    return done;
}

enum { AHEAD = 4 };             /* tasks between asking for the slots of arrivals and looking into them */

IN_LINE void
prefetch_slots(const Search *self, size_t n)
{
    if (n >= self->length)
        return;
    const Expansion *expansion = (Expansion *)self->expansions.items + n;
    const Arrival *arrivals = (Arrival *)self->workers[expansion->worker].arrivals.items + expansion->first;
    for (size_t k = 0; k < expansion->count; k++)
        table_prefetch(&self->states, print_of(self, arrivals[k].sum));
}

/* Takes an ordinary task. */
static int
take(Search *self, PyObject *host, size_t n)
{
    const Expansion *expansion = (Expansion *)self->expansions.items + n;
    const Worker *worker = &self->workers[expansion->worker];
    uint32_t number = task_at(self, self->start + n)->number;
    int forward = 0;
    self->transitions += expansion->transitions;
    prefetch_slots(self, n + AHEAD);
    for (size_t k = expansion->first; k < expansion->first + expansion->count; k++) {
        const Arrival *arrival = (Arrival *)worker->arrivals.items + k;
        int leads = take_arrival(self, host, arrival, (unsigned char *)worker->records.items + k * self->record, number,
                                 (unsigned char *)worker->made.items + arrival->moves);
        if (leads < 0)
            return FAILED;
        forward |= leads;
    }
    /* A run that is no arrival, as one that ends the execution, leads forward too. */
    if (!self->careful || forward || expansion->forward)
        return DONE;
    self->asking.host = host;
    self->asking.transitions = 0;
    int done = expand_rest(&self->asking, task_at(self, self->start + n), task_record(self, self->start + n));
    self->transitions += self->asking.transitions;
    return done;
}

static int
search_block(Search *self, PyObject *host)
{
    if (array_reserve(&self->expansions, self->length) == NULL) {
        PyErr_NoMemory();
        return FAILED;
    }
    for (size_t n = 0; n < self->jobs; n++)
        self->workers[n].arrivals.count = self->workers[n].records.count = self->workers[n].made.count = 0;
    atomic_store(&self->next, 0);
    pool_together(&self->pool, expand_some, self, self->length <= GRAIN);
    for (size_t n = 0; n < self->jobs; n++)
        if (self->workers[n].failed) {
            PyErr_NoMemory();
            return FAILED;
        }
    for (size_t n = 0; n < AHEAD; n++)
        prefetch_slots(self, n);
    for (size_t n = 0; n < self->length; n++) {
        if (self->stop)
            return DONE;
        int unusual = ((Expansion *)self->expansions.items)[n].unusual;
        if ((unusual ? take_unusual(self, host, self->start + n) : take(self, host, n)) != DONE)
            return FAILED;
        self->done = self->start + n + 1;
    }
    return DONE;
}

/* --- the claims that steps bring up ------------------------------------------------------------------------------- */

/* Finds the claims that a step brings up, as far as it is known what they read. */
static int
bring_up(Search *self, uint32_t number)
{
    Graph *graph = &self->graph;
    Answer *answer = answer_at(graph, number);
    const Set *changes = answer_set(self, number, CHANGES);
    answer->brought = (uint32_t)graph->brought.count;
    answer->claims = 0;
    for (uint32_t claim = 0; claim < graph->claims.count; claim++) {
        if (!set_meets(sets_at(&graph->claim_reads, claim, self->words), changes, self->words) ||
            (answer->target != NONE && set_meets(sets_at(&graph->claim_locks, claim, self->words),
                                                 sets_at(&graph->held, answer->target, self->words), self->words)))
            continue;
        if (array_push_u32(&graph->brought, claim) < 0)
            return -1;
        answer->claims++;
    }
    return 0;
}

/* From block to block, so that what is remembered is of the graph that all workers expand the next one against: which of
 * them expanded what before makes no difference. */
static void
forget_old(Search *self)
{
    if (self->remembered == self->graph.version)
        return;
    self->remembered = self->graph.version;
    for (size_t n = 0; n < self->jobs; n++)
        forget(&self->workers[n]);
    forget(&self->asking);
}

/* Takes in what was learned: between levels, so that within one what is remembered holds, or is no worse for an answer
 * in a pass that will be made again. */
static int
conclude(Search *self)
{
    if (self->concluded == self->graph.version)
        return DONE;
    self->concluded = self->graph.version;
    self->graph.brought.count = 0;
    for (uint32_t n = 0; n < self->graph.answers.count; n++)
        if (bring_up(self, n) < 0) {
            PyErr_NoMemory();
            return FAILED;
        }
    self->remembered = 0;       /* claims are brought up anew */
    forget_old(self);
    for (size_t n = 0; n < self->tasks.count; n++)
        ((Task *)self->tasks.items)[n].chosen = 0;
    return DONE;
}

/* --- a pass ------------------------------------------------------------------------------------------------------- */

static void
swap(Array *one, Array *other)
{
    Array kept = *one;
    *one = *other;
    *other = kept;
}

static int
search(Search *self, PyObject *host)
{
    while (self->next_tasks.count) {
        swap(&self->tasks, &self->next_tasks);
        swap(&self->task_records, &self->next_records);
        self->next_tasks.count = self->next_records.count = 0;
        self->done = 0;
        self->depth++;
        if (conclude(self) < 0)
            return FAILED;
        for (self->start = 0; self->start < self->tasks.count; self->start += self->length) {
            size_t left = self->tasks.count - self->start;
            self->length = left < BLOCK ? left : BLOCK;
            self->frontier = (uint32_t)(left + self->next_tasks.count);
            if (PyErr_CheckSignals() < 0 || finished(PyObject_CallMethod(host, "tick", NULL)) < 0)
                return FAILED;
            forget_old(self);
            if (!self->stop && search_block(self, host) < 0)
                return FAILED;
            if (self->stop && self->done < self->tasks.count) {
                self->frontier = (uint32_t)(self->tasks.count - self->done + self->next_tasks.count);
                return DONE;
            }
        }
    }
    self->depth--;
    self->frontier = 0;
    return DONE;
}

/* --- scouting -----------------------------------------------------------------------------------------------------
 *
 * Executions drawn at random learn most of what is rare sooner than a pass does, which with little knowledge follows few
 * threads. As with priorities (Burckhardt, Kothari, Musuvathi, Nagarakatte 2010) the first thread of a drawn order that
 * can move moves on, and now and then one comes to be the last; as in fuzzing, an execution begins from a state in which
 * something was learned, or from the initial one. All of them are real, so that what is learned from them is. */

static inline uint64_t
draw(uint64_t *seed)
{
    return mixed(*seed += 0x9E3779B97F4A7C15u);
}

/* Looks at all next steps, so that they are known. The first thread in `order` that can move is the `mover`, and one of
 * its alternatives that can be made its `step`; NONE if there is none. */
static int
look_around(Worker *worker, const Standing *here, const unsigned char *order, uint64_t *seed, size_t *mover,
            uint32_t *step)
{
    const Search *self = worker->search;
    const Graph *graph = &self->graph;
    *step = NONE;
    for (size_t n = 0; n < self->threads; n++) {
        size_t thread = order[n];
        uint32_t options = 0;
        for (uint32_t choice = 0; choice < node_number(graph, here->nodes[thread])->choices; choice++) {
            uint32_t answer = outcome(graph, here, thread, choice);
            if (answer == NONE) {
                if (ask_step(worker, here, thread, choice) < 0)
                    return FAILED;
                answer = outcome(graph, here, thread, choice);
            }
            if (answer == NONE || answer_at(graph, answer)->flags & (BLOCKED | HALTS | POOL) ||
                (*step != NONE && *mover != thread) || (options++ && draw(seed) % options))
                continue;
            *mover = thread;
            *step = answer;
        }
    }
    return DONE;
}

/* Makes a step, and judges the claims that it brings up, so that what they read is known. */
static int
step_on(Worker *worker, Standing *here, size_t thread, uint32_t answer)
{
    const Search *self = worker->search;
    const Graph *graph = &self->graph;
    Answer found = *answer_at(graph, answer);
    int done = DONE;
    for (uint32_t n = 0; n < found.cells; n++)
        here->record[cells_of(graph, &found)[n].offset] = (unsigned char)cells_of(graph, &found)[n].byte;
    put_node(self, here, thread, found.target);
    for (uint32_t n = 0; n < found.claims && done == DONE; n++) {
        uint32_t verdict;
        done = verdict_of(worker, here->record, ((uint32_t *)graph->brought.items)[found.brought + n], &verdict);
    }
    return done;
}

/* Follows one execution; how many steps it made, or -1 with an exception. */
static int
scout(Worker *worker, uint64_t *seed)
{
    Search *self = worker->search;
    Standing *here = &worker->here;
    unsigned char order[MOST_THREADS];
    size_t from = draw(seed) & 3 ? (size_t)(draw(seed) % self->grounds.count) : 0;
    unsigned seldom = (unsigned)(draw(seed) & 7);       /* once in so many steps, doubled so often, the order changes */
    memcpy(here->record, (unsigned char *)self->grounds.items + from * self->record, self->record);
    for (size_t n = 0; n < self->threads; n++) {
        size_t to = (size_t)(draw(seed) % (n + 1));
        here->nodes[n] = node_at(here->record + self->shared + NODE_BYTES * n);
        order[n] = order[to];
        order[to] = (unsigned char)n;
    }
    for (int steps = 0; steps < LONGEST; steps++) {
        uint64_t version = self->graph.version;
        size_t mover = 0;
        uint32_t step;
        if (look_around(worker, here, order, seed, &mover, &step) < 0)
            return FAILED;
        if (version != self->graph.version) {
            unsigned char *ground = array_push(&self->grounds);
            if (ground == NULL)
                return no_memory(worker);
            memcpy(ground, here->record, self->record);
        }
        if (step == NONE)
            return steps;
        if (step_on(worker, here, mover, step) < 0)
            return FAILED;
        if ((draw(seed) & ((2u << seldom) - 1)) == 0) {
            size_t at = (size_t)(draw(seed) % self->threads);
            unsigned char last = order[at];
            memmove(order + at, order + at + 1, self->threads - at - 1);
            order[self->threads - 1] = last;
        }
    }
    return LONGEST;
}

/* --- the Python side: what a search is made of -------------------------------------------------------------------- */

static void
worker_free(Worker *worker, size_t threads)
{
    Array *arrays[] = {&worker->arrivals, &worker->records, &worker->made, &worker->moves, &worker->parts,
                       &worker->part_sets, &worker->edges, &worker->forks, &worker->branches, &worker->part_of_node,
                       &worker->part_of_claims, &worker->held_of_node, &worker->helds, &worker->futures,
                       &worker->testers, &worker->reached};
    void *blocks[] = {worker->before.sets, worker->here.sets, worker->saved, worker->there, worker->elsewhere,
                      worker->path, worker->written, worker->held_slots, worker->future_slots, worker->memos,
                      worker->questions, worker->vistas, worker->allowed,
                      worker->only, worker->testing};
    for (size_t n = 0; n < sizeof arrays / sizeof *arrays; n++)
        free(arrays[n]->items);
    for (size_t n = 0; n < sizeof blocks / sizeof *blocks; n++)
        free(blocks[n]);
    for (size_t n = 0; worker->waiting != NULL && n < threads; n++)
        free(worker->waiting[n].items);
    free(worker->waiting);
}

/* What a worker has room for at first. */
enum { HELD_ROOM = 64, FUTURE_ROOM = 1024 };

/* `less`: it remembers as much less as that, a power of 2, as it has less to do. */
static int
worker_init(Search *self, Worker *worker, size_t less)
{
    const size_t words = self->words, threads = self->threads;
    worker->search = self;
    worker->arrivals.size = sizeof(Arrival);
    worker->records.size = self->record;
    worker->made.size = worker->moves.size = 1;
    worker->parts.size = sizeof(Part);
    worker->part_sets.size = worker->helds.size = worker->futures.size = sizeof(Set);
    worker->edges.size = sizeof(Edge);
    worker->forks.size = sizeof(Fork);
    worker->branches.size = sizeof(Branch);
    worker->part_of_node.size = worker->part_of_claims.size = worker->held_of_node.size = sizeof(uint32_t);
    worker->testers.size = sizeof(Tester);
    worker->reached.size = sizeof(uint32_t);
    worker->held_room = HELD_ROOM;
    worker->future_room = FUTURE_ROOM;
    worker->saved = malloc(self->shared + 1);
    worker->there = malloc(self->shared + 1);
    worker->elsewhere = malloc(self->shared + 1);
    worker->path = calloc(words * (8 + NEXT_SETS), sizeof(Set));
    worker->written = malloc((self->shared + 1) * sizeof *worker->written);
    worker->held_slots = calloc(HELD_ROOM, sizeof(uint64_t));
    worker->future_slots = calloc(2 * FUTURE_ROOM, sizeof(uint64_t));
    worker->memos_mask = MEMOS / less - 1;
    worker->vistas_mask = VISTAS / less - 1;
    worker->questions_mask = QUESTIONS / less - 1;
    worker->memos = calloc(MEMOS / less, sizeof(Memo));
    worker->vistas = calloc(VISTAS / less, self->vista);
    worker->questions = calloc(QUESTIONS / less, self->question);
    worker->allowed = calloc(self->followings + 1, 4 * sizeof(uint64_t));
    worker->only = calloc(self->followings + 1, sizeof(uint32_t));
    worker->testing = calloc(self->followings + 1, sizeof(uint32_t));
    worker->waiting = calloc(threads, sizeof(Array));
    if (standing_init(self, &worker->before) < 0 || standing_init(self, &worker->here) < 0 || worker->saved == NULL ||
        worker->there == NULL || worker->elsewhere == NULL ||
        worker->path == NULL || worker->written == NULL || worker->held_slots == NULL || worker->future_slots == NULL ||
        worker->memos == NULL || worker->vistas == NULL || worker->questions == NULL || worker->allowed == NULL || worker->only == NULL ||
        worker->testing == NULL || worker->waiting == NULL)
        return -1;
    Set **sets[] = {&worker->changed, &worker->touches, &worker->changes, &worker->holding, &worker->reading,
                    &worker->touched, &worker->altered, &worker->mine};
    for (size_t n = 0; n < sizeof sets / sizeof *sets; n++)
        *sets[n] = worker->path + (n + 1) * words;
    memset(worker->written, 0xFF, (self->shared + 1) * sizeof *worker->written);
    for (size_t n = 0; n < threads; n++)
        worker->waiting[n].size = sizeof(uint32_t);
    return 0;
}

static void
Search_dealloc(Search *self)
{
    Graph *graph = &self->graph;
    Array *arrays[] = {&graph->answers, &graph->answer_sets, &graph->cells, &graph->nodes, &graph->roots, &graph->held,
                       &graph->claims, &graph->claim_locks, &graph->claim_reads, &graph->verdicts, &graph->brought,
                       &self->standings, &self->prints, &self->kept, &self->sleeps, &self->parents, &self->starts,
                       &self->arena, &self->posts, &self->tasks, &self->task_records, &self->next_tasks,
                       &self->next_records, &self->from, &self->to, &self->alike, &self->ranks, &self->expansions,
                       &self->grounds, &self->exchanges, &self->moved, &self->codes, &self->orders, &self->images};
    for (size_t n = 0; n < sizeof arrays / sizeof *arrays; n++)
        free(arrays[n]->items);
    trees_free(&graph->trees);
    table_free(&self->states);
    table_free(&self->standing);
    for (size_t n = 0; self->workers != NULL && n < self->jobs; n++)
        worker_free(&self->workers[n], self->threads);
    worker_free(&self->asking, self->threads);
    free(self->workers);
    free(self->factors);
    free(self->followed);
    free(self->offsets);
    free(self->ended);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static void
arrays_init(Search *self)
{
    Graph *graph = &self->graph;
    trees_init(&graph->trees);
    graph->answers.size = sizeof(Answer);
    graph->cells.size = sizeof(Cell);
    graph->nodes.size = sizeof(Node);
    graph->verdicts.size = sizeof(Verdict);
    graph->roots.size = graph->claims.size = sizeof(int32_t);
    graph->brought.size = sizeof(uint32_t);
    graph->answer_sets.size = graph->held.size = graph->claim_locks.size = graph->claim_reads.size = sizeof(Set);
    self->standings.size = KEY * self->threads;
    self->prints.size = self->sleeps.size = self->starts.size = sizeof(uint64_t);
    self->parents.size = self->posts.size = self->from.size = self->to.size = self->ranks.size = sizeof(uint32_t);
    self->grounds.size = self->kept.size = self->task_records.size = self->next_records.size = self->record;
    self->arena.size = self->alike.size = self->orders.size = 1;
    self->exchanges.size = sizeof(Exchange);
    self->moved.size = sizeof(Moved);
    self->codes.size = self->images.size = sizeof(uint32_t);
    self->tasks.size = self->next_tasks.size = sizeof(Task);
    self->expansions.size = sizeof(Expansion);
}

static int
follow_bytes(Search *self, PyObject *followed)
{
    for (size_t n = 0; n < self->shared; n++)
        self->followed[n] = -1;
    for (Py_ssize_t n = 0; n < PyList_GET_SIZE(followed); n++) {
        size_t offset = PyLong_AsSize_t(PyList_GET_ITEM(followed, n));
        if (offset == (size_t)-1 && PyErr_Occurred())
            return -1;
        if (offset >= self->shared) {
            PyErr_Format(PyExc_ValueError, "there is no byte %zu to be followed", offset);
            return -1;
        }
        if (self->followed[offset] < 0) {
            self->offsets[self->followings] = (uint32_t)offset;
            self->followed[offset] = (int32_t)self->followings++;
        }
    }
    self->followed_words = self->followings / 64 + 1;
    self->vista = sizeof(Vista) + 2 * self->words * sizeof(Set);
    self->question = sizeof(Question) + self->followed_words * sizeof(uint64_t);
    return 0;
}

static PyObject *
Search_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"shared", "threads", "most", "followed", "persistent", "values", "runs", "exact", "jobs",
                            "bits", NULL};
    unsigned long long shared, threads, most;
    PyObject *followed;
    unsigned int jobs = 1, bits = 64;
    int persistent = 1, values = 1, runs = 1, exact = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "KKKO!|ppppII", names, &shared, &threads, &most, &PyList_Type,
                                     &followed, &persistent, &values, &runs, &exact, &jobs, &bits))
        return NULL;
    if (threads == 0 || threads > MOST_THREADS || shared > 1u << 28 || most >= NOWHERE)
        return PyErr_Format(PyExc_ValueError, "a reduced search needs 1 to 64 threads and fewer than 2**32 - 1 states");
    if (jobs == 0 || jobs > MOST_JOBS || bits == 0 || bits > 64)
        return PyErr_Format(PyExc_ValueError, "a search has 1 to 1,024 workers and 1 to 64 bits");
    Search *self = (Search *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->shared = shared;
    self->threads = threads;
    self->record = shared + NODE_BYTES * threads;
    self->words = shared / 64 + 1;
    self->most = most;
    self->jobs = jobs;
    self->persistent = persistent;
    self->values = values;
    self->runs = runs;
    self->exact = exact;
    self->mask = UINT64_MAX << (64 - bits);
    self->block = standing_size(self);
    arrays_init(self);
    self->factors = malloc(threads * sizeof(uint64_t));
    self->followed = malloc((shared + 1) * sizeof(int32_t));
    self->offsets = malloc((shared + 1) * sizeof(uint32_t));
    self->ended = calloc(threads, 1);
    self->workers = calloc(jobs, sizeof(Worker));
    int made = self->factors != NULL && self->followed != NULL && self->offsets != NULL && self->ended != NULL &&
               self->workers != NULL && table_init(&self->standing, 1, FIRST_ROOM) == 0;
    if (made && follow_bytes(self, followed) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    for (size_t n = 0; made && n < jobs; n++)
        made = worker_init(self, &self->workers[n], 1) == 0;
    if (!made || worker_init(self, &self->asking, 32) < 0) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    for (uint32_t n = 0; n < threads; n++)
        self->factors[n] = term((size_t)UINT32_MAX - 1, n) | 1;
    return (PyObject *)self;
}

/* Adds a set, given as bytes of bits, to an array of sets; -1 with an exception. */
static int
add_set(const Search *self, Array *sets, const char *bytes, Py_ssize_t size)
{
    int64_t place = new_set(&self->asking, sets, NULL, 1);
    if (place < 0) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t n = 0; n < size; n++) {
        unsigned byte = (unsigned char)bytes[n];
        if (byte && (size_t)n >= self->words * sizeof(Set)) {
            PyErr_SetString(PyExc_ValueError, "a set has bytes that no record has");
            return -1;
        }
        if (byte)
            ((Set *)sets->items)[(size_t)place + (size_t)n / 8] |= (uint64_t)byte << (n % 8 * 8);
    }
    return 0;
}

static PyObject *
Search_add_node(Search *self, PyObject *args)
{
    unsigned int choices;
    const char *held;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(args, "Iy#", &choices, &held, &size))
        return NULL;
    if (choices > 0x10000)      /* a move has two bytes for it */
        return PyErr_Format(PyExc_ValueError, "%u alternatives are more than 65,536", choices);
    if (add_set(self, &self->graph.held, held, size) < 0)
        return NULL;
    int32_t *roots = array_reserve(&self->graph.roots, choices);
    Node *node = array_push(&self->graph.nodes);
    if (node == NULL || (roots == NULL && choices))
        return PyErr_NoMemory();
    *node = (Node){(uint32_t)self->graph.roots.count, choices, NONE, 0};
    if (choices)
        memset(roots, 0, choices * sizeof *roots);
    self->graph.roots.count += choices;
    self->graph.version++;
    return PyLong_FromSize_t(self->graph.nodes.count - 1);
}

/* Reads the bytes that an answer writes; of two writes to a byte the last one counts. */
static int
add_cells(Search *self, Answer *answer, PyObject *writes)
{
    Array *cells = &self->graph.cells;
    for (Py_ssize_t n = 0; n < PyTuple_GET_SIZE(writes); n++) {
        unsigned int offset, byte;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(writes, n), "II", &offset, &byte))
            return -1;
        if (offset >= self->shared || byte > 255) {
            PyErr_Format(PyExc_ValueError, "no byte %u at offset %u", byte, offset);
            return -1;
        }
        Cell *cell = NULL;
        for (size_t k = answer->first; k < cells->count && cell == NULL; k++)
            if (((Cell *)cells->items)[k].offset == offset)
                cell = (Cell *)cells->items + k;
        if (cell == NULL && (cell = array_push(cells)) == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        *cell = (Cell){offset, byte};
    }
    answer->cells = (uint32_t)cells->count - answer->first;
    return 0;
}

static PyObject *
Search_add_answer(Search *self, PyObject *args)
{
    PyObject *writes;
    Graph *graph = &self->graph;
    Answer answer = {.first = (uint32_t)graph->cells.count};
    const char *reads, *wanted;
    Py_ssize_t reads_size, wanted_size;
    if (!PyArg_ParseTuple(args, "O!IIy#y#", &PyTuple_Type, &writes, &answer.target, &answer.flags, &reads, &reads_size,
                          &wanted, &wanted_size))
        return NULL;
    if (answer.target >= graph->nodes.count && (answer.target != NONE || !(answer.flags & (BLOCKED | HALTS | POOL))))
        return PyErr_Format(PyExc_IndexError, "there is no node %u", answer.target);
    if (graph->answers.count >= INT32_MAX - 1)
        return PyErr_Format(PyExc_OverflowError, "there are too many steps");
    if (add_cells(self, &answer, writes) < 0 || add_set(self, &graph->answer_sets, reads, reads_size) < 0 ||
        add_set(self, &graph->answer_sets, "", 0) < 0 || add_set(self, &graph->answer_sets, wanted, wanted_size) < 0)
        return NULL;
    Answer *place = array_push(&graph->answers);
    if (place == NULL)
        return PyErr_NoMemory();
    *place = answer;
    uint32_t number = (uint32_t)graph->answers.count - 1;
    for (uint32_t n = 0; n < answer.cells; n++)
        set_add(answer_set(self, number, CHANGES), cells_of(graph, &answer)[n].offset);
    if (bring_up(self, number) < 0)
        return PyErr_NoMemory();
    graph->version++;
    return PyLong_FromSize_t(number);
}

static PyObject *
Search_add_step(Search *self, PyObject *args)
{
    unsigned int number, choice, answer;
    PyObject *path;
    Graph *graph = &self->graph;
    if (!PyArg_ParseTuple(args, "IIO!I", &number, &choice, &PyList_Type, &path, &answer))
        return NULL;
    const Node *node = (Node *)graph->nodes.items + number;
    if (number >= graph->nodes.count || choice >= node->choices || answer >= graph->answers.count)
        return PyErr_Format(PyExc_IndexError, "no node %u with alternative %u, or no answer %u", number, choice,
                            answer);
    if (answer_at(graph, answer)->placed)
        return PyErr_Format(PyExc_ValueError, "the answer does not fit: it has a path already");
    if (graft(&graph->trees, &graph->roots, node->root + choice, path, self->shared, answer) < 0)
        return NULL;
    answer_at(graph, answer)->placed = 1;
    graph->version++;
    Py_RETURN_NONE;
}

static PyObject *
Search_add_claim(Search *self, PyObject *args)
{
    const char *locks;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(args, "y#", &locks, &size))
        return NULL;
    if (add_set(self, &self->graph.claim_locks, locks, size) < 0 || add_set(self, &self->graph.claim_reads, "", 0) < 0)
        return NULL;
    if (array_push_u32(&self->graph.claims, 0) < 0)
        return PyErr_NoMemory();
    return PyLong_FromSize_t(self->graph.claims.count - 1);
}

static PyObject *
Search_add_judgement(Search *self, PyObject *args)
{
    unsigned int claim, offset, byte;
    PyObject *path;
    int said, broken;
    Graph *graph = &self->graph;
    if (!PyArg_ParseTuple(args, "IO!pp", &claim, &PyList_Type, &path, &said, &broken))
        return NULL;
    uint32_t number = (uint32_t)graph->verdicts.count;
    if (graft(&graph->trees, &graph->claims, claim, path, self->shared, number) < 0)
        return NULL;
    Verdict *verdict = array_push(&graph->verdicts);
    if (verdict == NULL)
        return PyErr_NoMemory();
    *verdict = (Verdict){said != 0, broken != 0};
    for (Py_ssize_t n = 0; n < PyList_GET_SIZE(path); n++) {
        if (!PyArg_ParseTuple(PyList_GET_ITEM(path, n), "II", &offset, &byte))
            return NULL;
        set_add(sets_at(&graph->claim_reads, claim, self->words), offset);
    }
    graph->version++;
    return PyLong_FromSize_t(number);
}

/* --- the Python side: passes, and what they found ----------------------------------------------------------------- */

/* Sets on which cycles nodes lie: (node, component, place) for those that lie on one. */
static int
set_cycles(Search *self, PyObject *cycles)
{
    for (uint32_t n = 0; n < self->graph.nodes.count; n++)
        node_number(&self->graph, n)->component = NONE;
    self->cycles = PyList_GET_SIZE(cycles) > 0;
    for (Py_ssize_t n = 0; n < PyList_GET_SIZE(cycles); n++) {
        unsigned int node, component, place;
        if (!PyArg_ParseTuple(PyList_GET_ITEM(cycles, n), "III", &node, &component, &place))
            return -1;
        if (node >= self->graph.nodes.count) {
            PyErr_Format(PyExc_IndexError, "there is no node %u", node);
            return -1;
        }
        node_number(&self->graph, node)->component = component;
        node_number(&self->graph, node)->place = place;
    }
    return 0;
}

static int
add_numbers(Array *numbers, PyObject *list)
{
    for (Py_ssize_t n = 0; n < PyList_GET_SIZE(list); n++) {
        unsigned long number = PyLong_AsUnsignedLong(PyList_GET_ITEM(list, n));
        if (number == (unsigned long)-1 && PyErr_Occurred())
            return -1;
        if (array_push_u32(numbers, (uint32_t)number) < 0) {
            PyErr_NoMemory();
            return -1;
        }
    }
    return 0;
}

/* Sets which threads are alike, and the order of the nodes. */
static int
set_alike(Search *self, PyObject *groups, PyObject *ranks)
{
    uint64_t grouped = 0;
    self->alike.count = self->ranks.count = 0;
    for (Py_ssize_t n = 0; groups != NULL && n < PyList_GET_SIZE(groups); n++) {
        PyObject *group = PyList_GET_ITEM(groups, n);
        Py_ssize_t size = PyTuple_Check(group) ? PyTuple_GET_SIZE(group) : 0;
        unsigned char *place = array_reserve(&self->alike, 1 + (size_t)size);
        if (place == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        place[0] = (unsigned char)size;
        for (Py_ssize_t k = 0; k < size; k++) {
            size_t thread = PyLong_AsSize_t(PyTuple_GET_ITEM(group, k));
            if (thread == (size_t)-1 && PyErr_Occurred())
                return -1;
            if (thread >= self->threads || grouped >> thread & 1) {
                PyErr_Format(PyExc_ValueError, "there is no thread %zu, or it is in two groups", thread);
                return -1;
            }
            grouped |= (uint64_t)1 << thread;
            place[1 + k] = (unsigned char)thread;
        }
        self->alike.count += 1 + (size_t)size;
    }
    return ranks == NULL ? 0 : add_numbers(&self->ranks, ranks);
}

/* Reads the order of the threads by an exchange. */
static int
add_order(Search *self, const char *order, Py_ssize_t size)
{
    uint64_t placed = 0;
    unsigned char *place = array_reserve(&self->orders, self->threads);
    if (place == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t n = 0; n < size; n++)
        if ((unsigned char)order[n] < self->threads)
            placed |= (uint64_t)1 << order[n];
    if ((size_t)size != self->threads || (size_t)__builtin_popcountll(placed) != self->threads) {
        PyErr_SetString(PyExc_ValueError, "an exchange puts one thread into the place of each");
        return -1;
    }
    memcpy(place, order, self->threads);
    self->orders.count += self->threads;
    return 0;
}

/* Reads the values that may change by an exchange. */
static int
add_moved(Search *self, PyObject *cells)
{
    for (Py_ssize_t n = 0; n < PyList_GET_SIZE(cells); n++) {
        unsigned int from, to, width;
        int refers;
        if (!PyArg_ParseTuple(PyList_GET_ITEM(cells, n), "IIIp", &from, &to, &width, &refers))
            return -1;
        if (width > 16 || (refers && width > sizeof(uint32_t)) || (size_t)from + width > self->shared ||
            (size_t)to + width > self->shared) {
            PyErr_Format(PyExc_ValueError, "no value of %u bytes goes from %u to %u", width, from, to);
            return -1;
        }
        Moved *moved = array_push(&self->moved);
        if (moved == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        *moved = (Moved){from, to, (uint16_t)width, refers != 0};
    }
    return 0;
}

static PyObject *
Search_add_exchange(Search *self, PyObject *args)
{
    const char *order;
    Py_ssize_t size;
    PyObject *cells, *codes;
    if (!PyArg_ParseTuple(args, "y#O!O!", &order, &size, &PyList_Type, &cells, &PyList_Type, &codes))
        return NULL;
    if (self->images.count)
        return PyErr_Format(PyExc_ValueError, "exchanges are told before what becomes of nodes");
    Exchange exchange = {self->moved.count, (size_t)PyList_GET_SIZE(cells), self->codes.count,
                         (size_t)PyList_GET_SIZE(codes)};
    if (add_order(self, order, size) < 0 || add_moved(self, cells) < 0 || add_numbers(&self->codes, codes) < 0)
        return NULL;
    Exchange *place = array_push(&self->exchanges);
    if (place == NULL)
        return PyErr_NoMemory();
    *place = exchange;
    Py_RETURN_NONE;
}

/* What becomes of the next node by each exchange. */
static PyObject *
Search_add_images(Search *self, PyObject *args)
{
    PyObject *images;
    if (!PyArg_ParseTuple(args, "O!", &PyList_Type, &images))
        return NULL;
    size_t before = self->images.count;
    int added = (size_t)PyList_GET_SIZE(images) == self->exchanges.count ? add_numbers(&self->images, images) : 0;
    for (size_t n = before; n < self->images.count; n++)
        if (((uint32_t *)self->images.items)[n] >= self->graph.nodes.count)
            added = -1;
    if (added < 0 || self->images.count == before) {
        self->images.count = before;
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_IndexError, "a node becomes one node by each exchange");
    }
    Py_RETURN_NONE;
}

/* Forgets the states of the pass before. */
static int
clear(Search *self)
{
    Array *arrays[] = {&self->prints, &self->kept, &self->sleeps, &self->parents, &self->starts, &self->arena,
                       &self->posts, &self->next_tasks, &self->next_records, &self->from, &self->to};
    for (size_t n = 0; n < sizeof arrays / sizeof *arrays; n++)
        arrays[n]->count = 0;
    self->count = 0;
    self->transitions = self->arrived = 0;
    self->depth = self->frontier = 0;
    table_free(&self->states);
    return table_init(&self->states, 1, FIRST_ROOM);
}

static PyObject *
Search_begin(Search *self, PyObject *args)
{
    PyObject *cycles, *host, *groups = NULL, *ranks = NULL;
    const char *state;
    Py_ssize_t size;
    int sleeping, careful;
    if (!PyArg_ParseTuple(args, "Oy#O!pp|O!O!", &host, &state, &size, &PyList_Type, &cycles, &sleeping, &careful,
                          &PyList_Type, &groups, &PyList_Type, &ranks))
        return NULL;
    if (self->busy || (size_t)size != self->record)
        return PyErr_Format(PyExc_ValueError, "a pass begins after another one, with a state of %zu bytes",
                            self->record);
    for (size_t thread = 0; thread < self->threads; thread++)
        if (node_at((const unsigned char *)state + self->shared + NODE_BYTES * thread) >= self->graph.nodes.count)
            return PyErr_Format(PyExc_IndexError, "thread %zu begins in no node", thread);
    if (clear(self) < 0)
        return PyErr_NoMemory();
    if (set_cycles(self, cycles) < 0 || set_alike(self, groups, ranks) < 0)
        return NULL;
    self->sleeping = sleeping;
    self->careful = careful;
    self->stop = 0;
    Standing *here = &self->asking.here;
    memcpy(here->record, state, self->record);
    sum_up(self, here);
    Arrival arrival = {.sum = here->sum, .forward = 1};
    if (arrive(self, host, &arrival, here->record, 0, NULL) < 0)
        return NULL;
    if (self->grounds.count == 0) {
        unsigned char *ground = array_push(&self->grounds);
        if (ground == NULL)
            return PyErr_NoMemory();
        memcpy(ground, state, self->record);
    }
    self->begun = 1;
    Py_RETURN_NONE;
}

static PyObject *
Search_run(Search *self, PyObject *host)
{
    if (!self->begun)
        return PyErr_Format(PyExc_ValueError, "a pass runs once it has begun");
    if (pool_start(&self->pool, self->jobs) < 0)
        return PyErr_NoMemory();
    self->begun = 0;
    self->busy = 1;
    int done = search(self, host);
    self->busy = 0;
    pool_stop(&self->pool);
    if (done < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *
Search_scout(Search *self, PyObject *args)
{
    PyObject *host;
    unsigned long long number;
    unsigned int steps, made = 0;
    if (!PyArg_ParseTuple(args, "OKI", &host, &number, &steps))
        return NULL;
    uint64_t seed = number;
    if (self->grounds.count == 0)
        return PyErr_Format(PyExc_ValueError, "there is no state to begin from");
    if (conclude(self) < 0)
        return NULL;
    self->asking.host = host;
    while (made < steps) {
        int more = scout(&self->asking, &seed);
        if (more < 0)
            return NULL;
        made += (unsigned int)more + 1;
    }
    return PyLong_FromUnsignedLong(made);
}

static PyObject *
Search_stop(Search *self, PyObject *Py_UNUSED(unused))
{
    self->stop = 1;
    Py_RETURN_NONE;
}

/* The moves of the run that a state was found by, and how many bytes they take; `order`: how the threads were
 * rearranged after it, or NULL. */
static const unsigned char *
moves_to(const Search *self, uint32_t number, size_t *length, const unsigned char **order)
{
    const uint64_t *starts = self->starts.items;
    uint64_t start = starts[number] & ~AN_END;
    uint64_t end = number + 1 < self->starts.count ? starts[number + 1] & ~AN_END : self->arena.count;
    const unsigned char *moves = (unsigned char *)self->arena.items + start;
    *length = end - start;
    *order = NULL;
    if (*length && moves[0] & REARRANGED) {
        *order = moves;
        *length -= self->threads;
        moves += self->threads;
    }
    return moves;
}

/* The moves along states, each found from the one before it, in the names of the scenario; and what the threads of the
 * last one are called there. */
static PyObject *
moves_along(const Search *self, const uint32_t *states, size_t count)
{
    unsigned char names[MOST_THREADS], before[MOST_THREADS];
    const unsigned char *order, *moves;
    size_t length;
    Py_ssize_t total = 0, at = 0;
    for (size_t n = 0; n < count; n++) {
        moves = moves_to(self, states[n], &length, &order);
        total += moves_count(moves, length);
    }
    for (size_t n = 0; n < self->threads; n++)
        names[n] = (unsigned char)n;
    PyObject *tuple = PyTuple_New(total), *called = PyTuple_New((Py_ssize_t)self->threads);
    for (size_t n = 0; tuple != NULL && n < count; n++) {
        moves = moves_to(self, states[n], &length, &order);
        if (moves_fill(tuple, at, moves, length, names) < 0)
            Py_CLEAR(tuple);
        at += moves_count(moves, length);
        memcpy(before, names, self->threads);
        for (size_t k = 0; order != NULL && k < self->threads; k++)
            names[k] = before[order[k] & ~REARRANGED];
    }
    for (size_t n = 0; called != NULL && n < self->threads; n++) {
        PyObject *name = PyLong_FromLong(names[n]);
        if (name == NULL)
            Py_CLEAR(called);
        else
            PyTuple_SET_ITEM(called, (Py_ssize_t)n, name);
    }
    if (tuple != NULL && called != NULL)
        return Py_BuildValue("(NN)", tuple, called);
    Py_XDECREF(tuple);
    Py_XDECREF(called);
    return NULL;
}

/* The moves that led to a state when it was found, the first one first, and the names of its threads. */
static PyObject *
Search_schedule(Search *self, PyObject *args)
{
    unsigned int number;
    size_t count = 0;
    const uint32_t *parents = self->parents.items;
    if (!PyArg_ParseTuple(args, "I", &number))
        return NULL;
    if (number >= self->count)
        return PyErr_Format(PyExc_IndexError, "there is no state %u", number);
    for (uint32_t n = number; n; n = parents[n])
        count++;
    uint32_t *states = malloc((count + 1) * sizeof *states);
    if (states == NULL)
        return PyErr_NoMemory();
    size_t at = count;
    for (uint32_t n = number; n; n = parents[n])
        states[--at] = n;
    PyObject *found = moves_along(self, states, count);
    free(states);
    return found;
}

/* The smallest difference of two fingerprints; 2**64 - 1 if there are not two. */
static PyObject *
Search_gap(Search *self, PyObject *Py_UNUSED(unused))
{
    size_t count = self->prints.count;
    uint64_t least = UINT64_MAX, *sorted = malloc((count + 1) * sizeof *sorted);
    if (sorted == NULL)
        return PyErr_NoMemory();
    if (count) {
        memcpy(sorted, self->prints.items, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, by_value);
    }
    for (size_t n = 1; n < count; n++)
        if (sorted[n] - sorted[n - 1] < least)
            least = sorted[n] - sorted[n - 1];
    free(sorted);
    return PyLong_FromUnsignedLongLong(least);
}

/* Has the graph of runs that may be part of a cycle one? 1, 0, or -1 without memory.
 *
 * Takes away, again and again, a state to which no run leads any more (Kahn 1962); what is left is on a way round. */
static int
goes_round(const Search *self)
{
    const uint32_t *from = self->from.items, *to = self->to.items;
    size_t runs = self->from.count, states = self->count + 1, waiting = 0, left = states;
    uint64_t *start = calloc(states + 2, sizeof *start);
    uint32_t *entries = calloc(states, 4), *stack = malloc(states * 4), *targets = malloc((runs + 1) * 4);
    int result = -1;
    if (start == NULL || entries == NULL || stack == NULL || targets == NULL)
        goto done;
    for (size_t n = 0; n < runs; n++) {
        start[from[n] + 2]++;
        entries[to[n]]++;
    }
    for (size_t n = 2; n < states + 2; n++)
        start[n] += start[n - 1];
    for (size_t n = 0; n < runs; n++)
        targets[start[from[n] + 1]++] = to[n];
    for (uint32_t n = 0; n < states; n++)
        if (entries[n] == 0)
            stack[waiting++] = n;
    while (waiting) {
        uint32_t n = stack[--waiting];
        left--;
        for (uint64_t at = start[n]; at < start[n + 1]; at++)
            if (--entries[targets[at]] == 0)
                stack[waiting++] = targets[at];
    }
    result = left > 0;
done:
    free(start);
    free(entries);
    free(stack);
    free(targets);
    return result;
}

static PyObject *
Search_goes_round(Search *self, PyObject *Py_UNUSED(unused))
{
    int result = goes_round(self);
    return result < 0 ? PyErr_NoMemory() : PyBool_FromLong(result);
}

static size_t
bytes_in(const Array *array)
{
    return array->count * array->size;  /* what was reserved beyond was hardly touched */
}

static size_t
bytes_of_worker(const Worker *worker)
{
    const Array *arrays[] = {&worker->arrivals, &worker->records, &worker->made, &worker->parts, &worker->part_sets,
                             &worker->edges, &worker->forks, &worker->branches, &worker->futures, &worker->reached};
    size_t memory = (worker->memos_mask + 1) * sizeof(Memo) + (worker->questions_mask + 1) * worker->search->question +
                    (worker->vistas_mask + 1) * worker->search->vista;
    for (size_t n = 0; n < sizeof arrays / sizeof *arrays; n++)
        memory += bytes_in(arrays[n]);
    return memory;
}

static PyObject *
Search_tally(Search *self, PyObject *Py_UNUSED(unused))
{
    const Array *arrays[] = {&self->prints, &self->kept, &self->sleeps, &self->parents, &self->starts, &self->arena,
                             &self->posts, &self->tasks, &self->task_records, &self->next_tasks, &self->next_records,
                             &self->from, &self->to, &self->graph.trees.tests, &self->graph.trees.children,
                             &self->graph.answers, &self->graph.answer_sets, &self->graph.cells, &self->graph.held};
    size_t memory = self->states.room * self->states.width * sizeof(uint64_t) + bytes_of_worker(&self->asking);
    for (size_t n = 0; n < sizeof arrays / sizeof *arrays; n++)
        memory += bytes_in(arrays[n]);
    for (size_t n = 0; n < self->jobs; n++)
        memory += bytes_of_worker(&self->workers[n]);
    return Py_BuildValue("(nKIInK)", (Py_ssize_t)self->count, (unsigned long long)self->transitions, self->depth,
                         self->frontier, (Py_ssize_t)memory, (unsigned long long)self->arrived);
}

static PyObject *
Search_ended(Search *self, PyObject *Py_UNUSED(unused))
{
    return PyBytes_FromStringAndSize((char *)self->ended, (Py_ssize_t)self->threads);
}

static PyMethodDef methods[] = {
    {"add_node", (PyCFunction)Search_add_node, METH_VARARGS, "add_node(alternatives, locks held) -> number"},
    {"add_answer", (PyCFunction)Search_add_answer, METH_VARARGS,
     "add_answer(writes, target, flags, reads, lock wanted) -> number"},
    {"add_step", (PyCFunction)Search_add_step, METH_VARARGS, "add_step(node, alternative, path, answer)"},
    {"add_claim", (PyCFunction)Search_add_claim, METH_VARARGS, "add_claim(locks) -> number"},
    {"add_judgement", (PyCFunction)Search_add_judgement, METH_VARARGS,
     "add_judgement(claim, path, said, broken) -> verdict"},
    {"add_exchange", (PyCFunction)Search_add_exchange, METH_VARARGS,
     "add_exchange(order of the threads, [(from, to, width, refers)], what references become)"},
    {"add_images", (PyCFunction)Search_add_images, METH_VARARGS, "add_images(what the next node becomes by each)"},
    {"begin", (PyCFunction)Search_begin, METH_VARARGS,
     "begin(host, state, cycles, sleeping, careful, groups of alike threads, ranks of nodes): begin a pass"},
    {"run", (PyCFunction)Search_run, METH_O, "run(host): search, as far as the host lets it"},
    {"scout", (PyCFunction)Search_scout, METH_VARARGS,
     "scout(host, seed, steps) -> steps: follow executions drawn at random, at least so many steps in all"},
    {"stop", (PyCFunction)Search_stop, METH_NOARGS, "stop before the next task"},
    {"schedule", (PyCFunction)Search_schedule, METH_VARARGS,
     "schedule(number) -> (moves, what the threads of the state are called in them)"},
    {"gap", (PyCFunction)Search_gap, METH_NOARGS, "the smallest difference of two fingerprints"},
    {"goes_round", (PyCFunction)Search_goes_round, METH_NOARGS, "has the graph that was followed a cycle?"},
    {"tally", (PyCFunction)Search_tally, METH_NOARGS, "(states, transitions, depth, frontier, bytes, arrivals)"},
    {"ended", (PyCFunction)Search_ended, METH_NOARGS, "a byte for each thread: was it seen to end?"},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject SearchType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "lockmodel.engine.native._reduced.Search",
    .tp_basicsize = sizeof(Search),
    .tp_dealloc = (destructor)Search_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "Search(shared, threads, most, followed, persistent, values, runs, exact, jobs, bits); see reduced.c",
    .tp_methods = methods,
    .tp_new = Search_new,
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "lockmodel.engine.native._reduced",
    .m_doc = "The reduced search in C. It knows no model.",
    .m_size = -1,
};

PyMODINIT_FUNC
PyInit__reduced(void)
{
    PyObject *made = PyModule_Create(&module);
    if (made != NULL && PyModule_AddType(made, &SearchType) < 0)
        Py_CLEAR(made);
    return made;
}
