/* Breadth-first search over packed states. Knows no model.
 *
 * A state is a record of bytes: the shared locations, then NODE_BYTES for each thread, the number of its local state.
 * What a thread can do in a local state (a node) is a decision tree over the bytes of the record, learned from Python:
 *
 *      node, alternative --> root --> test: byte at offset 17?
 *                                       0 --> edge: bytes written, next node
 *                                       1 --> test: byte at offset 40? --> ...
 *                                       2 --> nothing yet: ask the host
 *
 * The search asks the host (a Python object) only for what it has not seen: a step that is missing, a rule that is
 * broken, a claim whose bytes are new, a combination of waiting threads, a final state, no room left.
 *
 * The states of a level are worked through in blocks, and a block in two phases:
 *
 *      expand   every state against the learned graph, which nothing changes meanwhile. A function of (record, graph)
 *               that writes to the worker's own buffer, so any number of workers share the block. A state in which
 *               there is something to ask of the host is marked as unusual, and no more.
 *      take     the states in the order of their numbers. Of an ordinary one the successors are looked up and stored;
 *               an unusual one is expanded again in its turn, asking the host. They are few: each question is asked
 *               once in a search.
 *
 * So the host is asked in the order in which `engine/explore.py` asks, states have the numbers that they have there,
 * and a search that ends in the middle of a block has asked nothing too much: whatever the number of workers, and
 * whatever the size of a block.
 *
 * States are found by 64-bit fingerprints. A search that is `exact` keeps every record and compares it, so nothing is
 * ever taken for seen that was not; otherwise only the records of the level at hand and the next one are kept, and
 * `gap` tells how likely it is that a state was missed. One that `keeps` (and is then exact) also keeps every
 * transition; the others know of a state only the one from which it was found first, and look at turning points (see
 * turning.h) to know that no thread waits for ever while others go on.
 *
 * What the host says is checked where it would lead outside of an array; whether it is true is the host's affair. While
 * the host is asked it may add nodes, answers and paths, so an array may move: no pointer into one outlives a question
 * (but for records, which never move).
 */
#include "parts.h"

enum { CHUNK_BITS = 12, CHUNK = 1 << CHUNK_BITS };      /* records that are allocated together */

enum { TICK = 2048 };           /* stands in Python too: in engine/exploration.py */

/* --- the learned graph: the leaves of its trees are edges --------------------------------------------------------- */

typedef struct {
    uint32_t offset, byte;
} Cell;

typedef struct {
    uint64_t delta;             /* what its writes add to the sum of a record, but for the old unread bytes */
    uint64_t turn;              /* what its change of node adds, times the factor of the thread */
    uint64_t claims;            /* those that read what it writes: bit n for claims n, n + 64, ... */
    uint32_t first, cells;      /* where its writes begin in `cells`, and how many there are */
    uint32_t unread;            /* so many of them, the first, write what the step did not read */
    uint32_t node, target;
    uint32_t flags;
    uint32_t placed;            /* has it a path? */
} Edge;

typedef struct {
    uint32_t root, choices;     /* where its trees begin in `roots`: one for each alternative */
} Node;

typedef struct {
    Trees trees;
    Array edges, cells, nodes, roots;
    uint32_t widest;            /* the most alternatives that a node has */
} Graph;

static void
graph_init(Graph *graph)
{
    trees_init(&graph->trees);
    graph->roots.size = sizeof(int32_t);
    graph->edges.size = sizeof(Edge);
    graph->cells.size = sizeof(Cell);
    graph->nodes.size = sizeof(Node);
}

static inline Edge *
edge_at(const Graph *graph, uint32_t number)
{
    return (Edge *)graph->edges.items + number;
}

/* --- the search --------------------------------------------------------------------------------------------------- */

typedef struct {
    uint64_t print;             /* fingerprint of the state it leads to; 0 if it leads to none */
    uint32_t edge;              /* NO_EDGE: not known yet. Taking a block in parallel marks it FRESH if the state is. */
    uint32_t move;              /* thread << 16 | choice */
} Successor;

enum { FRESH = 1u << 30, NO_EDGE = FRESH - 1 };

typedef struct {
    size_t first, count;        /* its successors, in the buffer of the worker that expanded it */
    uint32_t worker;
    int unusual;
} Expansion;

typedef struct {
    uint32_t state, move;
} Parent;

typedef struct {
    PyObject *owner;            /* the record into which the host collected, as bytes */
    size_t successor;
} Collected;

typedef struct Search Search;

typedef struct {
    Search *search;
    uint32_t index;
    int failed;                 /* it ran out of memory */
    size_t stored;
    Array successors;
    unsigned char *key;         /* who waits in the state that it expands, as in `standings` */
    Array doubtful;             /* records of turning points that are not known to be good */
    unsigned char *record, *waiting;    /* where it walks, and by thread: does it yet wait as in the beginning? */
    char apart[64];             /* so that no two workers write to one cache line */
} Worker;

struct Search {
    PyObject_HEAD
    size_t shared, threads, record, most, jobs, block;
    int exact, keep;
    uint64_t mask;              /* the bits of a fingerprint that count; fewer only in tests */

    Graph graph;
    Array claims;               /* the root of each claim's tree */
    uint64_t *factors;          /* for each thread */
    uint64_t *watched;          /* for each offset: which claims read it, as in an edge */

    Table states;
    size_t count;               /* of states that have a number */
    Array records, sums;        /* chunks of CHUNK, by the number of the state; NULL for those given back */
    Array spare_records, spare_sums;
    size_t live_records, live_sums;
    Array parents;              /* unless transitions are kept */
    Array depths, firsts, targets, moves;       /* if they are */

    Table standing;             /* combinations of waiting threads that were judged, numbered */
    Array standings;            /* what they are: the nodes of those that wait, 0xFF for the others */

    Worker *workers;            /* the first is the thread that called `run` */
    Worker asking;              /* the buffers for states that are expanded with the host at hand */
    Pool pool;
    Array expansions;
    size_t start, length;       /* of the block at hand */
    size_t taken;               /* of them, when they are taken together */
    size_t announced;           /* successors that may yet be stored: there is room in the table for so many */
    size_t segment, segment_end;        /* the part of it whose successors are being stored in parallel */
    atomic_size_t next;
    size_t grain;               /* states that a worker takes at a time */

    Array collected;
    unsigned char *scratch;
    unsigned char *ended;
    unsigned char *patient;     /* by thread: may it wait for ever? */
    uint64_t transitions, level_end, ticked;
    uint32_t depth, frontier;
    int waits, cyclic, stop, enough, ran;
    int settled;                /* every state was expanded, and it is known that nobody is lost */
};

/* A worker, or behind the last one that which asks. */
static inline Worker *
worker_at(Search *self, size_t n)
{
    return n < self->jobs ? &self->workers[n] : &self->asking;
}

/* --- records ------------------------------------------------------------------------------------------------------ */

/* The record of a state, or NULL where it was given back. */
static inline unsigned char *
record_of(const Search *self, uint64_t number)
{
    unsigned char *chunk = ((unsigned char **)self->records.items)[number >> CHUNK_BITS];
    return chunk == NULL ? NULL : chunk + (number & (CHUNK - 1)) * self->record;
}

static inline uint64_t *
sum_place(const Search *self, uint64_t number)
{
    return ((uint64_t **)self->sums.items)[number >> CHUNK_BITS] + (number & (CHUNK - 1));
}

static uint64_t
sum_of(const Search *self, const unsigned char *record)
{
    uint64_t sum = 0;
    for (size_t n = 0; n < self->shared; n++)
        sum += term(n, record[n]);
    for (size_t thread = 0; thread < self->threads; thread++)
        sum += node_term(node_at(record + self->shared + NODE_BYTES * thread)) * self->factors[thread];
    return sum;
}

/* The sum of the record to which an edge leads, for a thread, from one with this sum. */
static inline uint64_t
sum_after(const Search *self, const unsigned char *record, uint64_t sum, const Edge *edge, uint32_t thread)
{
    const Cell *cells = (Cell *)self->graph.cells.items + edge->first;
    sum += edge->delta + edge->turn * self->factors[thread];
    for (uint32_t n = 0; n < edge->unread; n++)
        sum -= term(cells[n].offset, record[cells[n].offset]);
    return sum;
}

/* A fingerprint is a sum that is mixed: so that of a successor is known before there is a record of it. */
static inline uint64_t
print_of(const Search *self, uint64_t sum)
{
    uint64_t print = mixed(sum) & self->mask;
    return print ? print : 1;
}

/* Makes a step in a record. */
static inline void
step(const Search *self, unsigned char *record, const Edge *edge, uint32_t thread)
{
    unsigned char *place = record + self->shared + NODE_BYTES * thread;
    const Cell *cells = (Cell *)self->graph.cells.items + edge->first;
    for (uint32_t n = 0; n < edge->cells; n++)
        record[cells[n].offset] = (unsigned char)cells[n].byte;
    for (int n = 0; n < NODE_BYTES; n++)
        place[n] = (unsigned char)(edge->target >> 8 * n);
}

static inline void
build(const Search *self, unsigned char *to, const unsigned char *from, const Edge *edge, uint32_t thread)
{
    memcpy(to, from, self->record);
    step(self, to, edge, thread);
}

/* A chunk at the end of `chunks`: one that was given back, or a new one. */
static int
chunk_add(Array *chunks, Array *spare, size_t *live, size_t size)
{
    void **place = array_push(chunks);
    if (place == NULL)
        return -1;
    *place = spare->count ? ((void **)spare->items)[--spare->count] : malloc(size);
    if (*place == NULL) {
        chunks->count--;
        return -1;
    }
    ++*live;
    return 0;
}

static void
chunk_drop(Array *chunks, Array *spare, size_t *live, size_t number)
{
    void **chunk = (void **)chunks->items + number, **place;
    if (*chunk == NULL)
        return;
    place = array_push(spare);
    if (place != NULL)
        *place = *chunk;
    else
        free(*chunk);
    *chunk = NULL;
    --*live;
}

/* Gives back what is not needed once the states from `number` up to `end` are expanded. */
static void
forget(Search *self, uint64_t number, uint64_t end)
{
    for (size_t chunk = number >> CHUNK_BITS; chunk < end >> CHUNK_BITS; chunk++) {
        chunk_drop(&self->sums, &self->spare_sums, &self->live_sums, chunk);
        if (!self->exact)
            chunk_drop(&self->records, &self->spare_records, &self->live_records, chunk);
    }
}

/* --- asking the host ---------------------------------------------------------------------------------------------- */

static int
call(PyObject *host, const char *method, uint64_t number)
{
    PyObject *done = PyObject_CallMethod(host, method, "K", (unsigned long long)number);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static int
report(PyObject *host, uint32_t edge, uint64_t number, long thread, long choice)
{
    PyObject *done = PyObject_CallMethod(host, "broken", "IKll", edge, (unsigned long long)number, thread, choice);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* Asks for the claims in `mask` whose bytes are new in a state. */
static int
judge(const Search *self, PyObject *host, uint64_t number, uint64_t mask)
{
    for (size_t n = 0; mask && n < self->claims.count; n++) {
        int32_t root = ((int32_t *)self->claims.items)[n];
        if (!(mask >> (n & 63) & 1) || decide(&self->graph.trees, root, record_of(self, number)))
            continue;
        PyObject *done = PyObject_CallMethod(host, "claim", "nK", (Py_ssize_t)n, (unsigned long long)number);
        if (done == NULL)
            return -1;
        Py_DECREF(done);
    }
    return 0;
}

/* --- storing states ----------------------------------------------------------------------------------------------- */

/* Numbers the state to which an edge leads from `base` and judges it; its number, or -1 with an exception.
 *
 * A claim that reads nothing of what the edge writes comes to the same as in the state before. Where that is not so,
 * since the host collected in between, `whole` says to look at all of them. */
static int64_t
number_state(Search *self, PyObject *host, uint32_t parent, const unsigned char *base, uint64_t sum,
             const Successor *successor, int whole)
{
    const Edge *edge = edge_at(&self->graph, successor->edge & ~FRESH);
    uint64_t number = self->count;
    if (number >> CHUNK_BITS == self->records.count) {
        if (chunk_add(&self->sums, &self->spare_sums, &self->live_sums, CHUNK * sizeof(uint64_t)) < 0)
            goto no_memory;
        if (chunk_add(&self->records, &self->spare_records, &self->live_records, CHUNK * self->record) < 0) {
            chunk_drop(&self->sums, &self->spare_sums, &self->live_sums, --self->sums.count);
            goto no_memory;
        }
    }
    if (self->keep) {
        if (array_push_u32(&self->depths, self->depth) < 0)
            goto no_memory;
    }
    else {
        Parent *place = array_push(&self->parents);
        if (place == NULL)
            goto no_memory;
        *place = (Parent){parent, successor->move};
    }
    build(self, record_of(self, number), base, edge, successor->move >> 16);
    *sum_place(self, number) = sum_after(self, base, sum, edge, successor->move >> 16);
    self->count++;
    uint64_t claims = whole ? UINT64_MAX : edge->claims;
    return claims && judge(self, host, number, claims) < 0 ? -1 : (int64_t)number;
no_memory:
    PyErr_NoMemory();
    return -1;
}

/* Stores the state to which a successor leads, whose slot is `at`; its number, NOWHERE if there is no room, or -1 with
 * an exception. */
static int64_t
add(Search *self, PyObject *host, uint64_t number, const unsigned char *base, uint64_t sum, const Successor *successor,
    int whole, size_t at)
{
    Table *table = &self->states;
    uint64_t *slot = table->words + at * table->width;
    if (self->count >= self->most)
        return call(host, "full", number) < 0 ? -1 : (int64_t)NOWHERE;
    *slot = self->exact ? numbered(successor->print, self->count) : successor->print;
    table->count++;
    return number_state(self, host, (uint32_t)number, base, sum, successor, whole);
}

/* The state to which a successor leads: known, new, or NOWHERE; -1 with an exception. There is room in the table.
 *
 * Without `exact` the number of a known state is not known, and 0 stands for it. */
static inline int64_t
visit(Search *self, PyObject *host, uint64_t number, const unsigned char *base, uint64_t sum,
      const Successor *successor, int whole)
{
    Table *table = &self->states;
    uint64_t *words = table->words;
    size_t at = table_home(table, successor->print);
    if (!self->exact) {
        for (; words[at]; at = table_next(table, at))
            if (words[at] == successor->print)
                return 0;
    }
    else {
        int built = 0;
        for (; words[at]; at = table_next(table, at)) {
            if ((words[at] ^ successor->print) & UPPER)
                continue;
            if (!built)
                build(self, self->scratch, base, edge_at(&self->graph, successor->edge), successor->move >> 16);
            built = 1;
            uint64_t known = number_in(words[at]);
            if (memcmp(record_of(self, known), self->scratch, self->record) == 0) {
                if (known < self->level_end)
                    self->cyclic = 1;
                return (int64_t)known;
            }
        }
    }
    return add(self, host, number, base, sum, successor, whole, at);
}

/* Notes a transition, where they are kept. */
static inline int
note(Search *self, uint32_t move, int64_t target)
{
    self->transitions++;
    if (!self->keep)
        return 0;
    if (array_push_u32(&self->targets, (uint32_t)target) < 0 || array_push_u32(&self->moves, move) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

/* Opens the transitions of the next state, where they are kept. */
static inline int
note_state(Search *self)
{
    uint64_t *first;
    if (!self->keep)
        return 0;
    if ((first = array_push(&self->firsts)) == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    *first = self->targets.count;
    return 0;
}

/* --- expanding a state -------------------------------------------------------------------------------------------- */

/* Was this combination of waiting threads judged? */
static int
is_standing(const Search *self, uint64_t print, const unsigned char *key)
{
    const Table *table = &self->standing;
    const unsigned char *keys = self->standings.items;
    for (size_t at = table_home(table, print); table->words[at]; at = table_next(table, at))
        if (((table->words[at] ^ print) & UPPER) == 0 &&
            memcmp(keys + number_in(table->words[at]) * self->standings.size, key, self->standings.size) == 0)
            return 1;
    return 0;
}

static int
add_standing(Search *self, uint64_t print, const unsigned char *key)
{
    Table *table = &self->standing;
    unsigned char *place = array_push(&self->standings);
    if (place == NULL || table_reserve(table, 1) < 0)
        return -1;
    memcpy(place, key, self->standings.size);
    size_t at = table_home(table, print);
    while (table->words[at])
        at = table_next(table, at);
    table->words[at] = numbered(print, table->count++);
    return 0;
}

enum { NO_MEMORY = -1, ORDINARY = 0, UNUSUAL = 1, TURNING = 2 };

/* Finds what each thread can do in a state, and appends it to the worker's successors, in the order of threads and
 * alternatives.
 *
 * Looks at the graph and the record, and changes neither. `asking` is for when the host is at hand: then everything is
 * found, also steps that cannot be made, that are missing, or for which a pool ran out. Otherwise a state in which
 * there is something to ask is UNUSUAL, and what was appended for it is of no use; and an ordinary one in which some
 * thread waits and no thread can take a step forward is TURNING (see turning.h). */
static int
expand(const Search *self, const unsigned char *record, uint64_t sum, Worker *worker, int asking)
{
    const Graph *graph = &self->graph;
    const Node *nodes = graph->nodes.items;
    const int32_t *roots = graph->roots.items;
    const unsigned char *place = record + self->shared;
    Array *successors = &worker->successors;
    Successor *first = array_reserve(successors, self->threads * graph->widest), *out = first;
    uint64_t waiting = 0;
    int enabled = 0, waits = 0, forward = 0;
    if (first == NULL && graph->widest)
        return NO_MEMORY;
    for (uint32_t thread = 0; thread < self->threads; thread++, place += NODE_BYTES) {
        const uint32_t here = node_at(place);
        const uint32_t root = nodes[here].root, choices = nodes[here].choices;
        uint32_t blocked = 0;
        if (choices == 0 && !self->ended[thread] && !asking)
            return UNUSUAL;
        for (uint32_t choice = 0; choice < choices; choice++) {
            int32_t found = decide(&graph->trees, roots[root + choice], record);
            uint32_t move = thread << 16 | choice;
            if (found == 0) {
                if (!asking)
                    return UNUSUAL;
                *out++ = (Successor){0, NO_EDGE, move};
                continue;
            }
            uint32_t number = (uint32_t)(-1 - found);
            const Edge *edge = edge_at(graph, number);
            uint64_t print = 0;
            if (edge->flags && !asking) {
                if (edge->flags & (PENDING | POOL))
                    return UNUSUAL;
                if (edge->flags & BLOCKED) {
                    blocked = 1;
                    continue;
                }
            }
            else if (!(edge->flags & (BLOCKED | HALTS | POOL)))
                print = print_of(self, sum_after(self, record, sum, edge, thread));
            enabled = 1;
            forward |= edge->target > here;
            *out++ = (Successor){print, number, move};
        }
        if (blocked) {
            waiting += term(thread, here);
            if (!waits)
                memset(worker->key, 0xFF, self->standings.size);
            memcpy(worker->key + NODE_BYTES * thread, place, NODE_BYTES);
            waits = 1;
        }
    }
    successors->count += (size_t)(out - first);
    if (asking)
        return ORDINARY;
    if (!enabled || (waits && !is_standing(self, waiting, worker->key)))
        return UNUSUAL;
    return waits && !forward ? TURNING : ORDINARY;
}

#include "turning.h"

/* --- taking an unusual state -------------------------------------------------------------------------------------- */

/* Finds the edge of a step that was missing: another thread at the same node may have asked for it meanwhile. */
static int
find(const Search *self, const unsigned char *record, Successor *successor)
{
    uint32_t thread = successor->move >> 16, choice = successor->move & 0xFFFF;
    const Node *node = (Node *)self->graph.nodes.items + node_at(record + self->shared + NODE_BYTES * thread);
    int32_t found = decide(&self->graph.trees, ((int32_t *)self->graph.roots.items)[node->root + choice], record);
    if (found == 0)
        return -1;
    successor->edge = (uint32_t)(-1 - found);
    return 0;
}

/* The host learns a step that is missing. */
static int
learn(const Search *self, PyObject *host, uint64_t number, const unsigned char *record, Successor *successor)
{
    PyObject *done = PyObject_CallMethod(host, "learn", "KII", (unsigned long long)number, successor->move >> 16,
                                         successor->move & 0xFFFF);
    if (done == NULL)
        return -1;
    Py_DECREF(done);
    if (find(self, record, successor) < 0) {
        PyErr_SetString(PyExc_SystemError, "the host learned another step than it was asked for");
        return -1;
    }
    return 0;
}

/* The host reclaims freed slots: a pool ran out. Sets the edge, and keeps the record from which it now leads. */
static int
collect(Search *self, PyObject *host, uint64_t number, size_t at, Successor *successor)
{
    PyObject *owner;
    unsigned int edge;
    PyObject *found = PyObject_CallMethod(host, "collect", "KII", (unsigned long long)number, successor->move >> 16,
                                          successor->move & 0xFFFF);
    if (found == NULL)
        return -1;
    if (!PyArg_ParseTuple(found, "SI", &owner, &edge)) {
        Py_DECREF(found);
        return -1;
    }
    if ((size_t)PyBytes_GET_SIZE(owner) != self->record || edge >= self->graph.edges.count ||
        !edge_at(&self->graph, edge)->placed) {
        PyErr_SetString(PyExc_SystemError, "the host collected into no state, or gave no answer");
        Py_DECREF(found);
        return -1;
    }
    Collected *kept = array_push(&self->collected);
    if (kept == NULL) {
        Py_DECREF(found);
        PyErr_NoMemory();
        return -1;
    }
    Py_INCREF(owner);
    *kept = (Collected){owner, at};
    successor->edge = edge;
    Py_DECREF(found);
    return 0;
}

/* Asks what is missing of a state that was expanded, thread by thread, so that afterwards all successors are known.
 *
 * `engine/explore.py` follows each step as soon as it is found. To find all of them first comes to the same: what can
 * be done in a state depends on this state alone. */
static int
complete(Search *self, PyObject *host, uint64_t number, const unsigned char *record, uint64_t sum)
{
    for (size_t n = 0; n < self->asking.successors.count; n++) {
        Successor successor = ((Successor *)self->asking.successors.items)[n];
        const unsigned char *base = record;
        uint64_t base_sum = sum;
        if (successor.edge == NO_EDGE && find(self, record, &successor) < 0 &&
            learn(self, host, number, record, &successor) < 0)
            return -1;
        if (edge_at(&self->graph, successor.edge)->flags & POOL) {
            if (collect(self, host, number, n, &successor) < 0)
                return -1;
            Collected *last = (Collected *)self->collected.items + self->collected.count - 1;
            base = (unsigned char *)PyBytes_AS_STRING(last->owner);
            base_sum = sum_of(self, base);
        }
        const Edge *edge = edge_at(&self->graph, successor.edge);
        if (!(edge->flags & (BLOCKED | HALTS | POOL)))
            successor.print = print_of(self, sum_after(self, base, base_sum, edge, successor.move >> 16));
        ((Successor *)self->asking.successors.items)[n] = successor;
    }
    return 0;
}

/* Judges who waits, if this combination was not judged yet. */
static int
judge_waiting(Search *self, PyObject *host, uint64_t number, const unsigned char *record)
{
    unsigned char *key = self->asking.key;
    uint64_t print = 0;
    const Successor *successors = self->asking.successors.items;
    memset(key, 0xFF, self->standings.size);
    for (size_t n = 0; n < self->asking.successors.count; n++) {
        size_t thread = successors[n].move >> 16, at = NODE_BYTES * thread;
        if (!(edge_at(&self->graph, successors[n].edge)->flags & BLOCKED) || memcmp(key + at, "\xFF\xFF\xFF", 3) != 0)
            continue;
        memcpy(key + at, record + self->shared + at, NODE_BYTES);
        print += term(thread, node_at(key + at));
    }
    if (is_standing(self, print, key))
        return 0;
    if (add_standing(self, print, key) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    return call(host, "waiting", number);
}

static int
take_asking(Search *self, PyObject *host, uint64_t number, const unsigned char *record, uint64_t sum)
{
    int enabled = 0, blocked = 0, forward = 0;
    size_t cleaned = 0;
    if (note_state(self) < 0)
        return -1;
    if (expand(self, record, sum, &self->asking, 1) < 0 ||
        table_reserve(&self->states, self->announced + self->asking.successors.count) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t thread = 0; thread < self->threads; thread++) {
        uint32_t node = node_at(record + self->shared + NODE_BYTES * thread);
        if (((Node *)self->graph.nodes.items)[node].choices == 0)
            self->ended[thread] = 1;
    }
    if (complete(self, host, number, record, sum) < 0)
        return -1;
    for (size_t n = 0; n < self->asking.successors.count; n++) {
        Successor successor = ((Successor *)self->asking.successors.items)[n];
        uint32_t flags = edge_at(&self->graph, successor.edge)->flags;
        int made = !(flags & (BLOCKED | POOL));
        const Collected *collected = (Collected *)self->collected.items + cleaned;
        int whole = cleaned < self->collected.count && collected->successor == n;
        const unsigned char *base = whole ? (unsigned char *)PyBytes_AS_STRING(collected->owner) : record;
        int64_t target = NOWHERE;
        cleaned += (size_t)whole;
        if (flags & PENDING) {
            edge_at(&self->graph, successor.edge)->flags &= ~(uint32_t)PENDING;
            long mover = made ? (long)(successor.move >> 16) : -1;
            if (report(host, successor.edge, number, mover, (long)(successor.move & 0xFFFF)) < 0)
                return -1;
        }
        if (flags & BLOCKED) {
            blocked = 1;
            continue;
        }
        enabled = 1;
        const unsigned char *place = record + self->shared + NODE_BYTES * (successor.move >> 16);
        forward |= edge_at(&self->graph, successor.edge)->target > node_at(place);
        if (successor.print)
            target = visit(self, host, number, base, whole ? sum_of(self, base) : sum, &successor, whole);
        if (target < 0 || note(self, successor.move, target) < 0)
            return -1;
        self->transitions -= (uint64_t)!made;
    }
    if (blocked) {
        self->waits = 1;
        if (judge_waiting(self, host, number, record) < 0)
            return -1;
    }
    if (blocked && enabled && !forward && examine(self, &self->asking, record) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    return enabled ? 0 : call(host, "final", number);
}

/* Takes a state in which there is something to ask. */
static int
take_unusual(Search *self, PyObject *host, uint64_t number)
{
    self->asking.successors.count = 0;
    int done = take_asking(self, host, number, record_of(self, number), *sum_place(self, number));
    for (size_t n = 0; n < self->collected.count; n++)
        Py_CLEAR(((Collected *)self->collected.items)[n].owner);
    self->collected.count = 0;
    return done;
}

/* --- workers ------------------------------------------------------------------------------------------------------ */

/* Lets every worker do this; -1 if one had no memory. */
static int
together(Search *self, void (*task)(void *search, size_t worker), int alone)
{
    int failed = 0;
    atomic_store(&self->next, 0);
    pool_together(&self->pool, task, self, alone);
    for (size_t n = 0; n < self->jobs; n++)
        failed |= self->workers[n].failed;
    if (failed)
        PyErr_NoMemory();
    return failed ? -1 : 0;
}

/* --- a block ------------------------------------------------------------------------------------------------------ */

static inline const Expansion *
expansion_at(const Search *self, size_t n)
{
    return (Expansion *)self->expansions.items + n;
}

static inline Successor *
successors_of(const Search *self, const Expansion *expansion)
{
    return (Successor *)self->workers[expansion->worker].successors.items + expansion->first;
}

/* What a worker does in the first phase. */
static void
expand_some(void *search, size_t index)
{
    Search *self = search;
    Worker *worker = &self->workers[index];
    Array *successors = &worker->successors;
    for (;;) {
        size_t begin = atomic_fetch_add(&self->next, self->grain), end = begin + self->grain;
        for (size_t n = begin; n < end && n < self->length; n++) {
            size_t first = successors->count;
            uint64_t number = self->start + n;
            int done = expand(self, record_of(self, number), *sum_place(self, number), worker, 0);
            if (done == TURNING && examine(self, worker, record_of(self, number)) < 0)
                done = NO_MEMORY;
            if (done == NO_MEMORY) {
                worker->failed = 1;
                return;
            }
            if (done == UNUSUAL)
                successors->count = first;
            *((Expansion *)self->expansions.items + n) =
                (Expansion){first, successors->count - first, worker->index, done == UNUSUAL};
        }
        if (end >= self->length)
            return;
    }
}

enum { AHEAD = 4 };             /* states between asking for the slots of successors and looking into them */

/* Asks for the memory in which the successors of a state would stand, if it is an ordinary one of this block. */
IN_LINE void
prefetch_slots(const Search *self, size_t n)
{
    if (n >= self->length)
        return;
    const Expansion *expansion = expansion_at(self, n);
    const Successor *successors = successors_of(self, expansion);
    for (size_t k = 0; k < expansion->count; k++)
        table_prefetch(&self->states, successors[k].print);
}

/* Asks for the records with which the successors will be compared, once their slots are there. */
IN_LINE void
prefetch_records(const Search *self, size_t n)
{
    if (n >= self->length)
        return;
    const Expansion *expansion = expansion_at(self, n);
    const Successor *successors = successors_of(self, expansion);
    for (size_t k = 0; k < expansion->count; k++) {
        uint64_t word = self->states.words[table_home(&self->states, successors[k].print)];
        if (word && ((word ^ successors[k].print) & UPPER) == 0) {
            const unsigned char *record = record_of(self, number_in(word));
            __builtin_prefetch(record);
            __builtin_prefetch(record + self->record - 1);
        }
    }
}

/* Takes an ordinary state. */
static int
take(Search *self, PyObject *host, size_t n)
{
    const Expansion *expansion = expansion_at(self, n);
    const Successor *successors = successors_of(self, expansion);
    uint64_t number = self->start + n, sum = *sum_place(self, number);
    const unsigned char *record = record_of(self, number);
    prefetch_slots(self, n + 2 * AHEAD);
    if (self->exact)
        prefetch_records(self, n + AHEAD);
    if (note_state(self) < 0)
        return -1;
    for (size_t k = 0; k < expansion->count; k++) {
        int64_t target = NOWHERE;
        if (successors[k].print)
            target = visit(self, host, number, record, sum, &successors[k], 0);
        if (target < 0 || note(self, successors[k].move, target) < 0)
            return -1;
    }
    return 0;
}

/* What a worker does where fingerprints are stored in parallel: all that are its share, in order, so that of equal ones
 * the first is marked as new. Shares are ranges of fingerprints and so of the table, but a worker may run over the end
 * of its range: hence the atomic operations. */
static void
store_some(void *search, size_t index)
{
    Search *self = search;
    Worker *worker = &self->workers[index];
    const uint64_t share = worker->index, shares = self->pool.running;
    Table *table = &self->states;
    for (size_t n = self->segment, ahead = n; n < self->segment_end; n++) {
        for (; ahead < self->segment_end && ahead < n + 2 * AHEAD; ahead++) {
            const Expansion *expansion = expansion_at(self, ahead);
            const Successor *successors = successors_of(self, expansion);
            for (size_t k = 0; k < expansion->count; k++)
                if ((successors[k].print >> 32) * shares >> 32 == share)
                    table_prefetch(table, successors[k].print);
        }
        const Expansion *expansion = expansion_at(self, n);
        Successor *successors = successors_of(self, expansion);
        for (size_t k = 0; k < expansion->count; k++) {
            uint64_t print = successors[k].print;
            if (print == 0 || (print >> 32) * shares >> 32 != share)
                continue;
            for (size_t at = table_home(table, print);; at = table_next(table, at)) {
                uint64_t there = __atomic_load_n(table->words + at, __ATOMIC_RELAXED);
                if (there == 0 && __atomic_compare_exchange_n(table->words + at, &there, print, 0, __ATOMIC_RELAXED,
                                                              __ATOMIC_RELAXED)) {
                    successors[k].edge |= FRESH;
                    worker->stored++;
                    break;
                }
                if (there == print)
                    break;
            }
        }
    }
}

/* Takes the ordinary states `from` .. `end` of a block, having stored their successors in parallel. Ends early where
 * the host says so: then more was stored than has a number, but nothing is looked up any more. */
static int
take_together(Search *self, PyObject *host, size_t from, size_t end)
{
    self->segment = self->taken = from;
    self->segment_end = end;
    if (together(self, store_some, 0) < 0)
        return -1;
    for (size_t n = 0; n < self->pool.running; n++) {
        self->states.count += self->workers[n].stored;
        self->workers[n].stored = 0;
    }
    for (size_t n = from; n < end && !self->stop; n++) {
        const Expansion *expansion = expansion_at(self, n);
        const Successor *successors = successors_of(self, expansion);
        uint64_t number = self->start + n, sum = *sum_place(self, number);
        const unsigned char *record = record_of(self, number);
        self->transitions += expansion->count;
        for (size_t k = 0; k < expansion->count; k++)
            if (successors[k].edge & FRESH &&
                number_state(self, host, (uint32_t)number, record, sum, &successors[k], 0) < 0)
                return -1;
        self->taken = n + 1;
    }
    return 0;
}

/* The first state of a block, from `n` on, that is unusual; or the end of the block. */
static size_t
next_unusual(const Search *self, size_t n)
{
    while (n < self->length && !expansion_at(self, n)->unusual)
        n++;
    return n;
}

/* Takes the states of a block in order; the number of those that were taken before the host said to stop. */
static Py_ssize_t
take_block(Search *self, PyObject *host)
{
    self->announced = 0;
    for (size_t n = 0; n < self->pool.running; n++)
        self->announced += self->workers[n].successors.count;
    if (table_reserve(&self->states, self->announced) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t n = 0; n < 2 * AHEAD; n++)
        prefetch_slots(self, n);
    for (size_t n = 0, usual = 0; n < self->length;) {
        if (self->stop)
            return (Py_ssize_t)n;
        if (expansion_at(self, n)->unusual) {
            if (take_unusual(self, host, self->start + n) < 0)
                return -1;
            n++;
            continue;
        }
        if (n >= usual)
            usual = next_unusual(self, n);
        if (!self->exact && self->pool.running > 1 && usual - n > self->grain &&
            self->count + self->announced <= self->most) {
            if (take_together(self, host, n, usual) < 0)
                return -1;
            n = self->taken;
        }
        else if (take(self, host, n++) < 0)
            return -1;
    }
    return (Py_ssize_t)self->length;
}

/* --- the search --------------------------------------------------------------------------------------------------- */

static int
search_block(Search *self, PyObject *host, uint64_t start, size_t length)
{
    self->start = start;
    self->length = length;
    self->expansions.count = 0;
    if (array_reserve(&self->expansions, length) == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t n = 0; n < self->jobs; n++)
        self->workers[n].successors.count = 0;
    if (together(self, expand_some, length <= self->grain) < 0)
        return -1;
    Py_ssize_t taken = take_block(self, host);
    if (taken < 0)
        return -1;
    if (self->stop && (size_t)taken < length)
        self->frontier = (uint32_t)(self->count - start - (size_t)taken);
    forget(self, start, start + length);
    return (size_t)taken < length;
}

/* Searches level by level until every state is expanded, or the host stops it (as when there is no room). */
static int
search(Search *self, PyObject *host)
{
    uint64_t start = 0;
    while (start < self->count) {
        self->level_end = self->count;
        self->frontier = (uint32_t)(self->level_end - start);
        self->depth++;
        while (start < self->level_end) {
            uint64_t left = self->level_end - start;
            size_t length = left < self->block ? (size_t)left : self->block;
            if (start >= self->ticked) {
                self->ticked = (start / TICK + 1) * TICK;
                if (PyErr_CheckSignals() < 0 || call(host, "tick", start) < 0)
                    return -1;
            }
            if (self->stop) {
                self->frontier = (uint32_t)(self->count - start);
                return 0;
            }
            int stopped = search_block(self, host, start, length);
            if (stopped)
                return stopped < 0 ? -1 : 0;
            start += length;
        }
        if (self->enough) {
            self->frontier = (uint32_t)(self->count - start);
            return 0;
        }
    }
    self->depth--;
    self->frontier = 0;
    self->settled = settle_doubts(self, host);
    return self->settled < 0 ? -1 : 0;
}

/* --- the Python side: what a search is made of -------------------------------------------------------------------- */

static void
free_chunks(Array *chunks)
{
    for (size_t n = 0; n < chunks->count; n++)
        free(((void **)chunks->items)[n]);
    free(chunks->items);
}

/* Gives a worker its buffers; -1 without memory. */
static int
worker_init(Worker *worker, Search *search, uint32_t index)
{
    worker->search = search;
    worker->index = index;
    worker->successors.size = sizeof(Successor);
    worker->doubtful.size = search->record;
    worker->key = malloc(search->standings.size);
    worker->record = malloc(search->record);
    worker->waiting = malloc(search->threads);
    return worker->key == NULL || worker->record == NULL || worker->waiting == NULL ? -1 : 0;
}

static void
worker_free(Worker *worker)
{
    free(worker->successors.items);
    free(worker->doubtful.items);
    free(worker->key);
    free(worker->record);
    free(worker->waiting);
}

static void
Search_dealloc(Search *self)
{
    Graph *graph = &self->graph;
    Array *arrays[] = {&graph->trees.tests, &graph->trees.children, &graph->edges, &graph->cells, &graph->nodes,
                       &graph->roots,
                       &self->claims, &self->parents, &self->depths, &self->firsts, &self->targets, &self->moves,
                       &self->standings, &self->expansions, &self->collected};
    for (size_t n = 0; n < sizeof arrays / sizeof *arrays; n++)
        free(arrays[n]->items);
    Array *chunks[] = {&self->records, &self->sums, &self->spare_records, &self->spare_sums};
    for (size_t n = 0; n < sizeof chunks / sizeof *chunks; n++)
        free_chunks(chunks[n]);
    if (self->workers != NULL)
        for (size_t n = 0; n < self->jobs; n++)
            worker_free(&self->workers[n]);
    free(self->workers);
    worker_free(&self->asking);
    table_free(&self->states);
    table_free(&self->standing);
    free(self->factors);
    free(self->watched);
    free(self->scratch);
    free(self->ended);
    free(self->patient);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

enum { FIRST_ROOM = 1 << 14, FEWEST_BITS = 1, MOST_JOBS = 1024 };

static PyObject *
Search_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"shared", "threads", "most", "exact", "keep", "jobs", "bits", "block", NULL};
    unsigned long long shared, threads, most;
    unsigned int jobs = 1, bits = 64, block = TICK;
    int exact = 1, keep = 1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "KKK|ppIII", names, &shared, &threads, &most, &exact, &keep, &jobs,
                                     &bits, &block))
        return NULL;
    if (threads == 0 || threads > 0xFFFF || shared > 1u << 30 || most >= NOWHERE)
        return PyErr_Format(PyExc_ValueError, "a search needs 1 to 65,535 threads and fewer than 2**32 - 1 states");
    if (jobs == 0 || jobs > MOST_JOBS || bits < FEWEST_BITS || bits > 64 || block == 0 || block > 1u << 20)
        return PyErr_Format(PyExc_ValueError,
                            "a search has 1 to 1,024 workers, 1 to 64 bits, 1 to 2**20 states a block");
    Search *self = (Search *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->shared = shared;
    self->threads = threads;
    self->record = shared + NODE_BYTES * threads;
    self->most = most;
    self->jobs = jobs;
    self->block = block;
    self->grain = block / 32 ? block / 32 : 1;
    self->keep = keep;
    self->exact = exact || keep;
    self->mask = UINT64_MAX << (64 - bits);
    graph_init(&self->graph);
    self->claims.size = sizeof(int32_t);
    self->firsts.size = sizeof(uint64_t);
    self->depths.size = self->targets.size = self->moves.size = sizeof(uint32_t);
    self->parents.size = sizeof(Parent);
    self->records.size = self->sums.size = self->spare_records.size = self->spare_sums.size = sizeof(void *);
    self->standings.size = NODE_BYTES * threads;
    self->expansions.size = sizeof(Expansion);
    self->collected.size = sizeof(Collected);
    self->factors = malloc(threads * sizeof(uint64_t));
    self->watched = calloc(shared + 1, sizeof(uint64_t));
    self->scratch = malloc(self->record);
    self->ended = calloc(threads, 1);
    self->patient = calloc(threads, 1);
    self->workers = calloc(jobs, sizeof(Worker));
    int made = table_init(&self->states, self->exact, FIRST_ROOM) == 0 &&
               table_init(&self->standing, 1, FIRST_ROOM) == 0 && worker_init(&self->asking, self, 0) == 0 &&
               self->watched != NULL && self->factors != NULL && self->scratch != NULL && self->ended != NULL &&
               self->patient != NULL && self->workers != NULL;
    for (uint32_t n = 0; self->workers != NULL && n < jobs; n++)
        made &= worker_init(&self->workers[n], self, n) == 0;
    if (!made) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    for (uint32_t n = 0; n < threads; n++)
        self->factors[n] = term((size_t)UINT32_MAX - 1, n) | 1;
    return (PyObject *)self;
}

static PyObject *
Search_add_node(Search *self, PyObject *args)
{
    unsigned int choices;
    if (!PyArg_ParseTuple(args, "I", &choices))
        return NULL;
    if (choices > 0x10000)      /* a move is thread << 16 | choice */
        return PyErr_Format(PyExc_ValueError, "%u alternatives are more than 65,536", choices);
    int32_t *roots = array_reserve(&self->graph.roots, choices);
    Node *node = array_push(&self->graph.nodes);
    if (node == NULL || (roots == NULL && choices))
        return PyErr_NoMemory();
    *node = (Node){(uint32_t)self->graph.roots.count, choices};
    if (choices)
        memset(roots, 0, choices * sizeof *roots);
    self->graph.roots.count += choices;
    if (choices > self->graph.widest)
        self->graph.widest = choices;
    return PyLong_FromSize_t(self->graph.nodes.count - 1);
}

static PyObject *
Search_add_answer(Search *self, PyObject *args)
{
    PyObject *writes;
    Graph *graph = &self->graph;
    Edge edge = {.first = (uint32_t)graph->cells.count};
    if (!PyArg_ParseTuple(args, "O!II", &PyTuple_Type, &writes, &edge.target, &edge.flags))
        return NULL;
    if (edge.target >= graph->nodes.count)
        return PyErr_Format(PyExc_IndexError, "there is no node %u", edge.target);
    if (graph->edges.count >= NO_EDGE)
        return PyErr_Format(PyExc_OverflowError, "there are too many steps");
    for (Py_ssize_t n = 0; n < PyTuple_GET_SIZE(writes); n++) {
        unsigned int offset, byte;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(writes, n), "II", &offset, &byte))
            return NULL;
        if (offset >= self->shared || byte > 255)
            return PyErr_Format(PyExc_ValueError, "no byte %u at offset %u", byte, offset);
        Cell *cell = NULL;
        for (size_t k = edge.first; k < graph->cells.count && cell == NULL; k++)
            if (((Cell *)graph->cells.items)[k].offset == offset)
                cell = (Cell *)graph->cells.items + k;      /* of two writes to a byte the last one counts */
        if (cell == NULL && (cell = array_push(&graph->cells)) == NULL)
            return PyErr_NoMemory();
        *cell = (Cell){offset, byte};
    }
    edge.cells = (uint32_t)graph->cells.count - edge.first;
    Edge *place = array_push(&graph->edges);
    if (place == NULL)
        return PyErr_NoMemory();
    *place = edge;
    return PyLong_FromSize_t(graph->edges.count - 1);
}

static int64_t
tested(PyObject *path, uint32_t offset)
{
    unsigned int at, byte;
    for (Py_ssize_t n = 0; n < PyList_GET_SIZE(path); n++)
        if (PyArg_ParseTuple(PyList_GET_ITEM(path, n), "II", &at, &byte) && at == offset)
            return byte;
    return -1;
}

static uint64_t
watchers(const Search *self, const Edge *edge)
{
    const Cell *cells = (Cell *)self->graph.cells.items + edge->first;
    uint64_t claims = 0;
    for (uint32_t n = 0; n < edge->cells; n++)
        claims |= self->watched[cells[n].offset];
    return claims;
}

/* Works out, once, what does not depend on the state in which a step is made: the path tells the old values of the
 * bytes that were read. The writes that change nothing are dropped, and those without a known old value come first. */
static void
prepare(const Search *self, Edge *edge, uint32_t number, PyObject *path)
{
    Cell *cells = (Cell *)self->graph.cells.items + edge->first;
    uint32_t kept = 0;
    edge->placed = 1;
    edge->node = number;
    edge->turn = node_term(edge->target) - node_term(number);
    for (uint32_t n = 0; n < edge->cells; n++) {
        Cell cell = cells[n];
        int64_t old = tested(path, cell.offset);
        if (old == cell.byte)
            continue;
        edge->delta += term(cell.offset, cell.byte);
        cells[kept] = cell;
        if (old >= 0)
            edge->delta -= term(cell.offset, (uint32_t)old);
        else {
            cells[kept] = cells[edge->unread];
            cells[edge->unread++] = cell;
        }
        kept++;
    }
    edge->cells = kept;
    edge->claims = watchers(self, edge);
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
    if (number >= graph->nodes.count || choice >= node->choices || answer >= graph->edges.count)
        return PyErr_Format(PyExc_IndexError, "no node %u with alternative %u, or no answer %u", number, choice,
                            answer);
    Edge *edge = edge_at(graph, answer);
    if (edge->placed)
        return PyErr_Format(PyExc_ValueError, "the answer does not fit: it has a path already");
    if (graft(&graph->trees, &graph->roots, node->root + choice, path, self->shared, answer) < 0)
        return NULL;
    prepare(self, edge, number, path);
    Py_RETURN_NONE;
}

static PyObject *
Search_add_claim(Search *self, PyObject *Py_UNUSED(unused))
{
    if (array_push_u32(&self->claims, 0) < 0)
        return PyErr_NoMemory();
    return PyLong_FromSize_t(self->claims.count - 1);
}

static PyObject *
Search_add_judgement(Search *self, PyObject *args)
{
    unsigned int claim, offset, byte;
    PyObject *path;
    int more = 0;
    if (!PyArg_ParseTuple(args, "IO!", &claim, &PyList_Type, &path))
        return NULL;
    if (graft(&self->graph.trees, &self->claims, claim, path, self->shared, 0) < 0)
        return NULL;
    for (Py_ssize_t n = 0; n < PyList_GET_SIZE(path); n++) {
        if (!PyArg_ParseTuple(PyList_GET_ITEM(path, n), "II", &offset, &byte))
            return NULL;
        uint64_t bit = (uint64_t)1 << (claim & 63);
        more |= !(self->watched[offset] & bit);
        self->watched[offset] |= bit;
    }
    for (uint32_t n = 0; more && n < self->graph.edges.count; n++)
        edge_at(&self->graph, n)->claims = watchers(self, edge_at(&self->graph, n));
    Py_RETURN_NONE;
}

/* --- the Python side: a search, and what it found ----------------------------------------------------------------- */

static PyObject *
Search_start(Search *self, PyObject *args)
{
    PyObject *host;
    const char *state;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(args, "Oy#", &host, &state, &size))
        return NULL;
    const unsigned char *record = (const unsigned char *)state;
    if ((size_t)size != self->record || self->count)
        return PyErr_Format(PyExc_ValueError, "the initial state has %zu bytes and is given once", self->record);
    for (size_t thread = 0; thread < self->threads; thread++) {
        if (node_at(record + self->shared + NODE_BYTES * thread) >= self->graph.nodes.count)
            return PyErr_Format(PyExc_IndexError, "thread %zu begins in no node", thread);
    }
    /* As if an edge that changes nothing led to it, of which the search then knows nothing. */
    uint64_t sum = sum_of(self, record);
    uint32_t first = node_at(record + self->shared);
    Edge *edge = array_push(&self->graph.edges);
    if (edge == NULL)
        return PyErr_NoMemory();
    *edge = (Edge){.target = first};
    self->graph.edges.count--;
    Successor successor = {print_of(self, sum), (uint32_t)self->graph.edges.count, 0};
    int64_t number = visit(self, host, 0, record, sum, &successor, 1);
    if (number < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *
Search_run(Search *self, PyObject *host)
{
    if (self->count == 0 || self->ran)
        return PyErr_Format(PyExc_ValueError, "a search runs once, from the state that it was given");
    self->ran = 1;
    if (pool_start(&self->pool, self->jobs) < 0)
        return PyErr_NoMemory();
    int done = search(self, host);
    pool_stop(&self->pool);
    if (done < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *
Search_stop(Search *self, PyObject *Py_UNUSED(unused))
{
    self->stop = 1;
    Py_RETURN_NONE;
}

static PyObject *
Search_state(Search *self, PyObject *args)
{
    unsigned long long number;
    if (!PyArg_ParseTuple(args, "K", &number))
        return NULL;
    if (number >= self->count)
        return PyErr_Format(PyExc_IndexError, "there is no state %llu", number);
    unsigned char *record = record_of(self, number);
    if (record == NULL)
        return PyErr_Format(PyExc_IndexError, "the record of state %llu was not kept", number);
    return PyBytes_FromStringAndSize((char *)record, (Py_ssize_t)self->record);
}

/* A thread may wait for ever, and nobody asks whether it does. */
static PyObject *
Search_may_wait(Search *self, PyObject *args)
{
    unsigned int thread;
    if (!PyArg_ParseTuple(args, "I", &thread))
        return NULL;
    if (thread >= self->threads)
        return PyErr_Format(PyExc_IndexError, "there is no thread %u", thread);
    self->patient[thread] = 1;
    Py_RETURN_NONE;
}

/* No level after the one at hand is wanted. */
static PyObject *
Search_enough(Search *self, PyObject *Py_UNUSED(unused))
{
    self->enough = 1;
    Py_RETURN_NONE;
}

/* The moves that led to a state when it was found, the first one first. */
static PyObject *
Search_schedule(Search *self, PyObject *args)
{
    unsigned long long number;
    Py_ssize_t length = 0;
    const Parent *parents = self->parents.items;
    if (!PyArg_ParseTuple(args, "K", &number))
        return NULL;
    if (number >= self->parents.count)
        return PyErr_Format(PyExc_IndexError, "of state %llu no parent is known", number);
    for (uint64_t n = number; n; n = parents[n].state)
        length++;
    PyObject *moves = PyTuple_New(length);
    for (uint64_t n = number; n && moves != NULL; n = parents[n].state) {
        PyObject *move = Py_BuildValue("(II)", parents[n].move >> 16, parents[n].move & 0xFFFF);
        if (move == NULL)
            Py_CLEAR(moves);
        else
            PyTuple_SET_ITEM(moves, --length, move);
    }
    return moves;
}

/* The smallest difference of two fingerprints; 2**64 - 1 if there are not two. */
static PyObject *
Search_gap(Search *self, PyObject *Py_UNUSED(unused))
{
    uint64_t gap;
    Py_BEGIN_ALLOW_THREADS
    gap = table_gap(&self->states);
    Py_END_ALLOW_THREADS
    return gap || self->exact ? PyLong_FromUnsignedLongLong(gap) : PyErr_NoMemory();
}

static PyObject *
bytes_of(const Array *array)
{
    return PyBytes_FromStringAndSize(array->items, (Py_ssize_t)(array->count * array->size));
}

static PyObject *
Search_transitions(Search *self, PyObject *Py_UNUSED(unused))
{
    return Py_BuildValue("(NNN)", bytes_of(&self->firsts), bytes_of(&self->targets), bytes_of(&self->moves));
}

static PyObject *
Search_depths(Search *self, PyObject *Py_UNUSED(unused))
{
    return bytes_of(&self->depths);
}

static PyObject *
Search_tally(Search *self, PyObject *Py_UNUSED(unused))
{
    const Array *arrays[] = {&self->parents, &self->depths, &self->firsts, &self->targets, &self->moves,
                             &self->graph.trees.tests, &self->graph.trees.children,
                             &self->graph.edges, &self->graph.cells};
    size_t memory = self->states.room * self->states.width * sizeof(uint64_t);
    memory += (self->live_records + self->spare_records.count) * CHUNK * self->record;
    memory += (self->live_sums + self->spare_sums.count) * CHUNK * sizeof(uint64_t);
    for (size_t n = 0; n < sizeof arrays / sizeof *arrays; n++)
        memory += arrays[n]->count * arrays[n]->size;       /* what was reserved beyond was never touched */
    for (size_t n = 0; n <= self->jobs; n++)
        memory += worker_at(self, n)->doubtful.count * self->record;
    return Py_BuildValue("(nKIIn)", (Py_ssize_t)self->count, (unsigned long long)self->transitions,
                         self->depth, self->frontier, (Py_ssize_t)memory);
}

/* Can a thread come back to a node that it left, so that an execution may go on for ever? 1, 0, or -1 without memory.
 *
 * Takes away, again and again, a node to which no step leads any more; what is left is on a way round, or behind one.
 * */
static int
may_go_on(const Graph *graph)
{
    size_t nodes = graph->nodes.count, edges = graph->edges.count, waiting = 0, left = nodes;
    uint32_t *entries = calloc(nodes + 1, 4), *stack = malloc((nodes + 1) * 4);
    uint32_t *first = malloc((nodes + 1) * 4), *next = malloc((edges + 1) * 4);
    int result = -1;
    if (entries == NULL || stack == NULL || first == NULL || next == NULL)
        goto done;
    memset(first, 0xFF, (nodes + 1) * 4);
    for (uint32_t n = 0; n < edges; n++) {
        const Edge *edge = edge_at(graph, n);
        if (!edge->placed || edge->flags & (BLOCKED | HALTS | POOL))
            continue;
        entries[edge->target]++;
        next[n] = first[edge->node];
        first[edge->node] = n;
    }
    for (uint32_t n = 0; n < nodes; n++)
        if (entries[n] == 0)
            stack[waiting++] = n;
    while (waiting) {
        left--;
        for (uint32_t n = first[stack[--waiting]]; n != NOWHERE;) {
            uint32_t target = edge_at(graph, n)->target;
            n = next[n];
            if (--entries[target] == 0)
                stack[waiting++] = target;
        }
    }
    result = left > 0;
done:
    free(entries);
    free(stack);
    free(first);
    free(next);
    return result;
}

/* Without `exact` it is not known whether a transition leads to the same level or back; that no thread can come back to
 * where it was is enough to know that none does. */
static PyObject *
Search_flags(Search *self, PyObject *Py_UNUSED(unused))
{
    int cyclic = self->exact ? self->cyclic : may_go_on(&self->graph);
    if (cyclic < 0)
        return PyErr_NoMemory();
    return Py_BuildValue("(NNy#)", PyBool_FromLong(self->waits), PyBool_FromLong(cyclic),
                         (char *)self->ended, (Py_ssize_t)self->threads);
}

/* Transitions backwards: `before[start[n] .. start[n + 1]]` are the states that lead to state n (counting sort). */
typedef struct {
    uint64_t *start;
    uint32_t *before, *stack;
} Backward;

static int
backward_init(Backward *back, const Search *self)
{
    const uint64_t *firsts = self->firsts.items;
    const uint32_t *targets = self->targets.items;
    size_t states = self->count, edges = self->targets.count;
    back->start = calloc(states + 2, sizeof *back->start);
    back->before = malloc((edges + 1) * sizeof *back->before);
    back->stack = malloc((states + 1) * sizeof *back->stack);
    if (back->start == NULL || back->before == NULL || back->stack == NULL)
        return -1;
    for (size_t n = 0; n < edges; n++)
        if (targets[n] != NOWHERE)
            back->start[targets[n] + 2]++;
    for (size_t n = 2; n < states + 2; n++)
        back->start[n] += back->start[n - 1];
    for (size_t n = 0; n < states; n++) {
        uint64_t end = n + 1 < states ? firsts[n + 1] : edges;
        for (uint64_t at = firsts[n]; at < end; at++)
            if (targets[at] != NOWHERE)
                back->before[back->start[targets[at] + 1]++] = (uint32_t)n;
    }
    return 0;
}

static void
backward_free(Backward *back)
{
    free(back->start);
    free(back->before);
    free(back->stack);
}

/* Marks the states from which a marked one can be reached; how many are marked then. */
static size_t
mark_backward(const Backward *back, unsigned char *marks, size_t states)
{
    size_t marked = 0, waiting = 0;
    for (size_t n = 0; n < states; n++)
        if (marks[n])
            back->stack[waiting++] = (uint32_t)n;
    while (waiting) {
        uint32_t n = back->stack[--waiting];
        marked++;
        for (uint64_t at = back->start[n]; at < back->start[n + 1]; at++) {
            if (!marks[back->before[at]]) {
                marks[back->before[at]] = 1;
                back->stack[waiting++] = back->before[at];
            }
        }
    }
    return marked;
}

/* Marks the states in which something ends: nothing moves, or a move ends the execution. Or, for a thread, those in
 * which it moves. */
static void
mark_where(const Search *self, unsigned char *marks, int64_t thread)
{
    const uint64_t *firsts = self->firsts.items;
    const uint32_t *targets = self->targets.items, *moves = self->moves.items;
    for (size_t n = 0; n < self->count; n++) {
        uint64_t end = n + 1 < self->count ? firsts[n + 1] : self->targets.count;
        marks[n] = thread < 0 && firsts[n] == end;
        for (uint64_t at = firsts[n]; at < end && !marks[n]; at++)
            marks[n] = thread < 0 ? targets[at] == NOWHERE : moves[at] >> 16 == (uint64_t)thread;
    }
}

/* Is there no state from which every execution goes on for ever while a thread that has not ended never moves again?
 * 1, 0, or -1 without memory. */
static int
nobody_is_lost(const Search *self)
{
    size_t states = self->count;
    unsigned char *ends = calloc(states + 1, 1), *moves = calloc(states + 1, 1);
    Backward back = {NULL, NULL, NULL};
    int result = -1;
    if (ends == NULL || moves == NULL || backward_init(&back, self) < 0)
        goto done;
    mark_where(self, ends, -1);
    result = mark_backward(&back, ends, states) == states;
    for (size_t thread = 0; thread < self->threads && !result; thread++) {
        mark_where(self, moves, (int64_t)thread);
        (void)mark_backward(&back, moves, states);
        for (size_t n = 0; n < states; n++) {
            uint32_t node = node_at(record_of(self, n) + self->shared + NODE_BYTES * thread);
            if (!ends[n] && !moves[n] && ((Node *)self->graph.nodes.items)[node].choices)
                goto done;
        }
        result = thread + 1 == self->threads;
    }
done:
    backward_free(&back);
    free(ends);
    free(moves);
    return result;
}

static PyObject *
Search_nobody_is_lost(Search *self, PyObject *Py_UNUSED(unused))
{
    if (!self->keep)
        return PyBool_FromLong(self->settled);
    if (self->firsts.count != self->count)
        return PyErr_Format(PyExc_ValueError, "not every state was expanded");
    int result = nobody_is_lost(self);
    return result < 0 ? PyErr_NoMemory() : PyBool_FromLong(result);
}

/* For each state below `until` and each thread that may have moved last: the fewest thread switches on a shortest way,
 * with the state before and the move, as `engine/transitions.py` has it. Given as bytes: costs, parents, moves,
 * each u32. */
static PyObject *
Search_fewest_switches(Search *self, PyObject *args)
{
    Py_ssize_t until;
    if (!PyArg_ParseTuple(args, "n", &until))
        return NULL;
    if (!self->keep)
        return PyErr_Format(PyExc_ValueError, "transitions were not kept");
    if (until < 1 || (size_t)until > self->count)
        return PyErr_Format(PyExc_IndexError, "there are no %zd states", until);
    Py_ssize_t cells = until * (Py_ssize_t)self->threads;
    PyObject *costs = PyBytes_FromStringAndSize(NULL, cells * 4);
    PyObject *parents = PyBytes_FromStringAndSize(NULL, cells * 4), *moves = PyBytes_FromStringAndSize(NULL, cells * 4);
    if (costs == NULL || parents == NULL || moves == NULL) {
        Py_XDECREF(costs);
        Py_XDECREF(parents);
        Py_XDECREF(moves);
        return NULL;
    }
    uint32_t *cost = (uint32_t *)PyBytes_AS_STRING(costs);
    uint32_t *parent = (uint32_t *)PyBytes_AS_STRING(parents), *move = (uint32_t *)PyBytes_AS_STRING(moves);
    const uint32_t *depths = self->depths.items, *targets = self->targets.items, *made = self->moves.items;
    const uint64_t *firsts = self->firsts.items;
    memset(cost, 0xFF, (size_t)cells * 4);
    memset(parent, 0, (size_t)cells * 4);
    memset(move, 0, (size_t)cells * 4);
    memset(cost, 0, self->threads * 4);
    for (size_t n = 0; n < (size_t)until && n < self->firsts.count; n++) {
        uint64_t end = n + 1 < self->firsts.count ? firsts[n + 1] : self->targets.count;
        uint32_t cheapest = 0xFFFFFFFF;
        for (size_t thread = 0; thread < self->threads; thread++)
            if (cost[n * self->threads + thread] < cheapest)
                cheapest = cost[n * self->threads + thread];
        for (uint64_t at = firsts[n]; at < end; at++) {
            uint32_t target = targets[at], thread = made[at] >> 16;
            if (target >= (uint64_t)until || depths[target] != depths[n] + 1)
                continue;
            size_t there = (size_t)target * self->threads + thread;
            uint64_t here = cost[n * self->threads + thread];
            if (here > (uint64_t)cheapest + 1)
                here = (uint64_t)cheapest + 1;
            if (here < cost[there]) {
                cost[there] = (uint32_t)here;
                parent[there] = (uint32_t)n;
                move[there] = made[at];
            }
        }
    }
    return Py_BuildValue("(NNN)", costs, parents, moves);
}

static PyMethodDef methods[] = {
    {"add_node", (PyCFunction)Search_add_node, METH_VARARGS, "add_node(alternatives) -> number"},
    {"add_answer", (PyCFunction)Search_add_answer, METH_VARARGS, "add_answer(writes, target, flags) -> number"},
    {"add_step", (PyCFunction)Search_add_step, METH_VARARGS, "add_step(node, alternative, path, answer)"},
    {"add_claim", (PyCFunction)Search_add_claim, METH_NOARGS, "add_claim() -> number"},
    {"add_judgement", (PyCFunction)Search_add_judgement, METH_VARARGS, "add_judgement(claim, path)"},
    {"start", (PyCFunction)Search_start, METH_VARARGS, "start(host, state): store the initial state"},
    {"run", (PyCFunction)Search_run, METH_O, "run(host): search"},
    {"stop", (PyCFunction)Search_stop, METH_NOARGS, "stop before the next state"},
    {"enough", (PyCFunction)Search_enough, METH_NOARGS, "stop before the next level"},
    {"may_wait", (PyCFunction)Search_may_wait, METH_VARARGS, "may_wait(thread): for ever, and that is no matter"},
    {"state", (PyCFunction)Search_state, METH_VARARGS, "state(number) -> bytes"},
    {"schedule", (PyCFunction)Search_schedule, METH_VARARGS, "schedule(number) -> moves, unless transitions are kept"},
    {"gap", (PyCFunction)Search_gap, METH_NOARGS, "the smallest difference of two fingerprints"},
    {"transitions", (PyCFunction)Search_transitions, METH_NOARGS, "(firsts u64, targets u32, moves u32) as bytes"},
    {"nobody_is_lost", (PyCFunction)Search_nobody_is_lost, METH_NOARGS, "is it known that no thread waits for ever while others go on?"},
    {"fewest_switches", (PyCFunction)Search_fewest_switches, METH_VARARGS, "(costs, parents, moves), each u32"},
    {"depths", (PyCFunction)Search_depths, METH_NOARGS, "the level of each state, u32, as bytes"},
    {"tally", (PyCFunction)Search_tally, METH_NOARGS, "(states, transitions, depth, frontier, bytes)"},
    {"flags", (PyCFunction)Search_flags, METH_NOARGS, "(some thread waits, cyclic, ended by thread)"},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject SearchType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "lockmodel.engine.native._search.Search",
    .tp_basicsize = sizeof(Search),
    .tp_dealloc = (destructor)Search_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "Search(shared, threads, most, exact, keep, jobs, bits, block): a breadth-first search; see search.c",
    .tp_methods = methods,
    .tp_new = Search_new,
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "lockmodel.engine.native._search",
    .m_doc = "The search in C. It knows no model.",
    .m_size = -1,
};

PyMODINIT_FUNC
PyInit__search(void)
{
    PyObject *made = PyModule_Create(&module);
    if (made != NULL && PyModule_AddType(made, &SearchType) < 0)
        Py_CLEAR(made);
    return made;
}
