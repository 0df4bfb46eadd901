/* Breadth-first search over packed states. Knows no model.
 *
 * A state is a record of bytes: the shared locations, then NODE_BYTES for each thread, the number of its local state.
 * What a thread can do in a local state (a node) is a decision tree over the bytes of the record, learned from Python:
 *
 *      node, alternative --> root --> test: byte at offset 17?
 *                                       0 --> answer: writes, next node
 *                                       1 --> test: byte at offset 40? --> ...
 *                                       2 --> nothing yet: ask the host
 *
 * The search asks the host (a Python object) only for what it has not seen: an answer that is missing, a rule that is
 * broken, a claim whose bytes are new, a combination of waiting threads, a final state, no room left. It does what
 * `engine/explore.py` does, in the same order, so that states have the same numbers in both.
 *
 * What the host says is checked where it would lead outside of an array; whether it is true is the host's affair. While
 * the host is asked it may add nodes, answers and paths, so an array may move: no pointer into one outlives a question
 * (but for stored states, which never move).
 *
 * States are stored whole: nothing is ever taken for seen that was not. Hashing is incremental (the sum of a constant
 * for each offset times its byte, then mixed), so a successor's hash is known before the successor is built, and the
 * places of all successors of a state are prefetched before the first is looked up.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BITS = 12, CHUNK = 1 << CHUNK_BITS };

/* These stand in Python too: in ir/layout.py, engine/exploration.py, engine/native/search.py, engine/transitions.py. */
enum { NODE_BYTES = 3 };
enum { TICK = 2048 };
enum { BLOCKED = 1, HALTS = 2, POOL = 4, PENDING = 8 };
static const uint32_t NOWHERE = 0xFFFFFFFFu;

/* --- growing arrays ------------------------------------------------------------------------------------------- */

typedef struct {
    void *items;
    size_t count, room, size;
} Array;

static void *
array_push(Array *array)
{
    if (array->count == array->room) {
        size_t room = array->room ? array->room * 2 : 64;
        void *items = realloc(array->items, room * array->size);
        if (items == NULL)
            return NULL;
        array->items = items;
        array->room = room;
    }
    return (char *)array->items + array->size * array->count++;
}

static int
array_push_u32(Array *array, uint32_t value)
{
    uint32_t *place = array_push(array);
    if (place == NULL)
        return -1;
    *place = value;
    return 0;
}

/* --- hashing ---------------------------------------------------------------------------------------------------- */

/* splitmix64 (Steele, Lea, Flood 2014): a constant for each offset, and the mixing of a sum of them. */
static uint64_t
mixed(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

static uint64_t
constant(size_t offset)
{
    return mixed((uint64_t)(offset + 1) * 0x9E3779B97F4A7C15u) | 1;
}

/* --- a set of byte keys of one size, numbered in the order in which they came ------------------------------------ */

typedef struct {
    uint32_t number;            /* of the key, plus one; 0 is an empty slot */
    uint32_t tag;               /* the upper half of its hash */
} Slot;

typedef struct {
    size_t key, count, room;    /* bytes of a key; keys; slots, a power of two */
    Slot *slots;
    Array chunks;               /* of CHUNK keys each, so that no key ever moves */
    Array sums;                 /* of each key: its hash before it is mixed */
} Set;

static unsigned char *
set_key(const Set *set, size_t number)
{
    return ((unsigned char **)set->chunks.items)[number >> CHUNK_BITS] + (number & (CHUNK - 1)) * set->key;
}

static int
set_init(Set *set, size_t key)
{
    memset(set, 0, sizeof *set);
    set->key = key;
    set->room = 1 << 12;
    set->chunks.size = sizeof(unsigned char *);
    set->sums.size = sizeof(uint64_t);
    set->slots = calloc(set->room, sizeof(Slot));
    return set->slots == NULL ? -1 : 0;
}

static void
set_free(Set *set)
{
    for (size_t n = 0; n < set->chunks.count; n++)
        free(((unsigned char **)set->chunks.items)[n]);
    free(set->chunks.items);
    free(set->sums.items);
    free(set->slots);
}

static int
set_grow(Set *set)
{
    size_t room = set->room * 2;
    Slot *slots = calloc(room, sizeof(Slot));
    if (slots == NULL)
        return -1;
    for (size_t n = 0; n < set->count; n++) {
        uint64_t hash = mixed(((uint64_t *)set->sums.items)[n]);
        size_t at = hash & (room - 1);
        while (slots[at].number)
            at = (at + 1) & (room - 1);
        slots[at] = (Slot){(uint32_t)n + 1, (uint32_t)(hash >> 32)};
    }
    free(set->slots);
    set->slots = slots;
    set->room = room;
    return 0;
}

/* The number of a key, or -1 if it is not there. */
static int64_t
set_find(const Set *set, const unsigned char *key, uint64_t sum)
{
    uint64_t hash = mixed(sum);
    for (size_t at = hash & (set->room - 1); set->slots[at].number; at = (at + 1) & (set->room - 1))
        if (set->slots[at].tag == (uint32_t)(hash >> 32) &&
            memcmp(set_key(set, set->slots[at].number - 1), key, set->key) == 0)
            return set->slots[at].number - 1;
    return -1;
}

/* Adds a key that is not there; its number, or -1 without memory. */
static int64_t
set_add(Set *set, const unsigned char *key, uint64_t sum)
{
    uint64_t hash = mixed(sum);
    if ((set->count + 1) * 4 > set->room * 3 && set_grow(set) < 0)
        return -1;
    if (set->count >> CHUNK_BITS == set->chunks.count) {
        unsigned char **chunk = array_push(&set->chunks);
        if (chunk == NULL)
            return -1;
        if ((*chunk = malloc(CHUNK * set->key)) == NULL) {
            set->chunks.count--;
            return -1;
        }
    }
    uint64_t *kept = array_push(&set->sums);
    if (kept == NULL)
        return -1;
    *kept = sum;
    size_t at = hash & (set->room - 1);
    while (set->slots[at].number)
        at = (at + 1) & (set->room - 1);
    set->slots[at] = (Slot){(uint32_t)set->count + 1, (uint32_t)(hash >> 32)};
    memcpy(set_key(set, set->count), key, set->key);
    return (int64_t)set->count++;
}

/* --- the search ------------------------------------------------------------------------------------------------- */

typedef struct {
    uint32_t offset;
    int32_t child[256];         /* 0: nothing yet; n > 0: test n; n < 0: answer -1 - n */
} Test;

typedef struct {
    uint32_t first, writes;     /* where its writes begin in `cells`, and how many there are */
    uint32_t target;
    uint32_t flags;
} Answer;

typedef struct {
    uint32_t offset;
    uint32_t byte;
} Cell;

typedef struct {
    uint32_t root, choices;     /* where its trees begin in `roots`: one for each alternative */
} Node;

typedef struct {
    uint32_t thread, choice, answer;
    const unsigned char *base;  /* the state that the step starts from: this one, or a collected copy */
    PyObject *owner;            /* of a collected copy */
    uint64_t sum;               /* unmixed hash of the successor */
} Way;

typedef struct {
    PyObject_HEAD
    size_t shared, threads, record, most;
    uint64_t *constants;
    Set states, standing;
    Array depths, firsts, targets, moves;
    Array tests, answers, cells, nodes, roots, memos, ways;
    unsigned char *scratch, *key;
    unsigned char *ended;
    uint64_t transitions;
    uint32_t depth, frontier;
    int waits, cyclic, stop, ran;
} Search;

static uint32_t
node_at(const unsigned char *place)
{
    return place[0] | (uint32_t)place[1] << 8 | (uint32_t)place[2] << 16;
}

static uint64_t
sum_of(const Search *self, const unsigned char *state)
{
    uint64_t sum = 0;
    for (size_t n = 0; n < self->record; n++)
        sum += self->constants[n] * state[n];
    return sum;
}

/* What a tree says in a state: n > 0 is never returned, 0 is nothing yet, n < 0 is answer -1 - n. */
static int32_t
decide(const Search *self, int32_t at, const unsigned char *state)
{
    const Test *tests = self->tests.items;
    while (at > 0)
        at = tests[at - 1].child[state[tests[at - 1].offset]];
    return at;
}

static int32_t *
root_of(const Search *self, uint32_t node, uint32_t choice)
{
    return (int32_t *)self->roots.items + ((Node *)self->nodes.items)[node].root + choice;
}

/* Stores a new state and judges the claims in it; its number, or -1 with an exception. */
static int64_t
store(Search *self, PyObject *host, const unsigned char *state, uint64_t sum)
{
    int64_t number = set_add(&self->states, state, sum);
    if (number < 0 || array_push_u32(&self->depths, self->depth) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t n = 0; n < self->memos.count; n++) {
        if (decide(self, ((int32_t *)self->memos.items)[n], state) == 0) {
            PyObject *done = PyObject_CallMethod(host, "claim", "nL", (Py_ssize_t)n, (long long)number);
            if (done == NULL)
                return -1;
            Py_DECREF(done);
        }
    }
    return number;
}

static int
call(PyObject *host, const char *method, uint64_t number)
{
    PyObject *done = PyObject_CallMethod(host, method, "K", (unsigned long long)number);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static int
report(PyObject *host, uint32_t answer, uint64_t number, long thread, long choice)
{
    PyObject *done = PyObject_CallMethod(host, "broken", "IKll", answer, (unsigned long long)number, thread, choice);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* The host reclaims freed slots: a pool ran out. Sets the way's answer and its base (a copy, also if nothing was). */
static int
collect(const Search *self, PyObject *host, uint64_t number, Way *way)
{
    PyObject *base;
    unsigned int answer;
    PyObject *found = PyObject_CallMethod(host, "collect", "KII", (unsigned long long)number, way->thread, way->choice);
    if (found == NULL)
        return -1;
    if (!PyArg_ParseTuple(found, "SI", &base, &answer)) {
        Py_DECREF(found);
        return -1;
    }
    if ((size_t)PyBytes_GET_SIZE(base) != self->record || answer >= self->answers.count) {
        PyErr_SetString(PyExc_SystemError, "the host collected into no state, or gave no answer");
        Py_DECREF(found);
        return -1;
    }
    way->answer = answer;
    Py_INCREF(base);
    way->owner = base;
    way->base = (unsigned char *)PyBytes_AS_STRING(base);
    Py_DECREF(found);
    return 0;
}

/* Finds what each thread can do in a state, learning what is missing, and where each successor would stand.
 *
 * `engine/explore.py` follows each way as soon as it is found. To find all of them first comes to the same: what can be
 * done in a state depends on this state alone. */
static int
find_ways(Search *self, PyObject *host, uint64_t number, const unsigned char *state, uint64_t sum)
{
    for (uint32_t thread = 0; thread < self->threads; thread++) {
        uint32_t node = node_at(state + self->shared + NODE_BYTES * thread);
        uint32_t choices = ((Node *)self->nodes.items)[node].choices;
        for (uint32_t choice = 0; choice < choices; choice++) {
            int32_t found = decide(self, *root_of(self, node, choice), state);
            if (found == 0) {
                PyObject *done = PyObject_CallMethod(host, "learn", "KII", (unsigned long long)number, thread, choice);
                if (done == NULL)
                    return -1;
                Py_DECREF(done);
                found = decide(self, *root_of(self, node, choice), state);
                if (found == 0) {
                    PyErr_SetString(PyExc_SystemError, "the host learned another step than it was asked for");
                    return -1;
                }
            }
            Way *way = array_push(&self->ways);
            if (way == NULL) {
                PyErr_NoMemory();
                return -1;
            }
            *way = (Way){thread, choice, (uint32_t)(-1 - found), state, NULL, sum};
            if (((Answer *)self->answers.items)[way->answer].flags & POOL) {
                if (collect(self, host, number, way) < 0)
                    return -1;
                way->sum = sum_of(self, way->base);
            }
            const Answer *answer = (Answer *)self->answers.items + way->answer;
            if (answer->flags & (BLOCKED | HALTS | POOL))
                continue;
            const Cell *cells = (Cell *)self->cells.items + answer->first;
            for (uint32_t n = 0; n < answer->writes; n++)
                way->sum += self->constants[cells[n].offset] * ((uint64_t)cells[n].byte - way->base[cells[n].offset]);
            size_t at = self->shared + NODE_BYTES * thread;
            for (int n = 0; n < NODE_BYTES; n++)
                way->sum += self->constants[at + n] * ((uint64_t)(answer->target >> 8 * n & 255) - way->base[at + n]);
            __builtin_prefetch(&self->states.slots[mixed(way->sum) & (self->states.room - 1)]);
        }
        if (choices == 0)
            self->ended[thread] = 1;
    }
    return 0;
}

/* The state that a way leads to: known, new, or NOWHERE; -1 with an exception. */
static int64_t
follow(Search *self, PyObject *host, const Way *way, uint64_t number, uint64_t level_end)
{
    const Answer *answer = (Answer *)self->answers.items + way->answer;
    const Cell *cells = (Cell *)self->cells.items + answer->first;
    memcpy(self->scratch, way->base, self->record);
    for (uint32_t n = 0; n < answer->writes; n++)
        self->scratch[cells[n].offset] = (unsigned char)cells[n].byte;
    size_t at = self->shared + NODE_BYTES * way->thread;
    for (int n = 0; n < NODE_BYTES; n++)
        self->scratch[at + n] = (unsigned char)(answer->target >> 8 * n);
    int64_t known = set_find(&self->states, self->scratch, way->sum);
    if (known < 0) {
        if (self->states.count < self->most)
            return store(self, host, self->scratch, way->sum);
        return call(host, "full", number) < 0 ? -1 : (int64_t)NOWHERE;
    }
    if ((uint64_t)known < level_end)
        self->cyclic = 1;
    return known;
}

/* Is this combination of waiting threads new? The key is the nodes of those that wait. */
static int
newly_waiting(Search *self, const unsigned char *state)
{
    memset(self->key, 0xFF, NODE_BYTES * self->threads);
    uint64_t sum = 0;
    const Way *ways = self->ways.items;
    for (size_t n = 0; n < self->ways.count; n++) {
        if (((Answer *)self->answers.items)[ways[n].answer].flags & BLOCKED) {
            size_t at = NODE_BYTES * ways[n].thread;
            memcpy(self->key + at, state + self->shared + at, NODE_BYTES);
        }
    }
    for (size_t n = 0; n < NODE_BYTES * self->threads; n++)
        sum += self->constants[n] * self->key[n];
    if (set_find(&self->standing, self->key, sum) >= 0)
        return 0;
    if (set_add(&self->standing, self->key, sum) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    return 1;
}

static int
expand_ways(Search *self, PyObject *host, uint64_t number, const unsigned char *state, uint64_t level_end)
{
    int enabled = 0, blocked = 0;
    uint64_t *first = array_push(&self->firsts);
    if (first == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    *first = self->targets.count;
    if (find_ways(self, host, number, state, ((uint64_t *)self->states.sums.items)[number]) < 0)
        return -1;
    for (size_t n = 0; n < self->ways.count; n++) {
        Way way = ((Way *)self->ways.items)[n];
        uint32_t flags = ((Answer *)self->answers.items)[way.answer].flags;
        int made = !(flags & (BLOCKED | POOL));
        if (flags & PENDING) {
            ((Answer *)self->answers.items)[way.answer].flags &= ~(uint32_t)PENDING;
            if (report(host, way.answer, number, made ? (long)way.thread : -1, (long)way.choice) < 0)
                return -1;
        }
        if (flags & BLOCKED) {
            blocked = 1;
            continue;
        }
        enabled = 1;
        self->transitions += (uint64_t)made;
        int64_t target = flags & (HALTS | POOL) ? NOWHERE : follow(self, host, &way, number, level_end);
        if (target < 0)
            return -1;
        if (array_push_u32(&self->targets, (uint32_t)target) < 0 ||
            array_push_u32(&self->moves, way.thread << 16 | way.choice) < 0) {
            PyErr_NoMemory();
            return -1;
        }
    }
    if (blocked) {
        self->waits = 1;
        int fresh = newly_waiting(self, state);
        if (fresh < 0 || (fresh && call(host, "waiting", number) < 0))
            return -1;
    }
    return enabled ? 0 : call(host, "final", number);
}

static int
expand(Search *self, PyObject *host, uint64_t number, uint64_t level_end)
{
    self->ways.count = 0;
    int done = expand_ways(self, host, number, set_key(&self->states, number), level_end);
    for (size_t n = 0; n < self->ways.count; n++)
        Py_CLEAR(((Way *)self->ways.items)[n].owner);
    return done;
}

/* --- the Python side -------------------------------------------------------------------------------------------- */

static void
Search_dealloc(Search *self)
{
    Array *arrays[] = {&self->depths, &self->firsts, &self->targets, &self->moves, &self->tests, &self->answers,
                       &self->cells, &self->nodes, &self->roots, &self->memos, &self->ways};
    for (size_t n = 0; n < sizeof arrays / sizeof *arrays; n++)
        free(arrays[n]->items);
    set_free(&self->states);
    set_free(&self->standing);
    free(self->constants);
    free(self->scratch);
    free(self->key);
    free(self->ended);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *
Search_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"shared", "threads", "most", NULL};
    unsigned long long shared, threads, most;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "KKK", names, &shared, &threads, &most))
        return NULL;
    if (threads == 0 || threads > 0xFFFF || shared > 1u << 30 || most >= NOWHERE) {
        PyErr_SetString(PyExc_ValueError, "a search needs 1 to 65,535 threads and fewer than 2**32 - 1 states");
        return NULL;
    }
    Search *self = (Search *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->shared = shared;
    self->threads = threads;
    self->record = shared + NODE_BYTES * threads;
    self->most = most;
    self->firsts.size = sizeof(uint64_t);
    self->depths.size = self->targets.size = self->moves.size = sizeof(uint32_t);
    self->roots.size = self->memos.size = sizeof(int32_t);
    self->tests.size = sizeof(Test);
    self->answers.size = sizeof(Answer);
    self->cells.size = sizeof(Cell);
    self->nodes.size = sizeof(Node);
    self->ways.size = sizeof(Way);
    self->constants = malloc(self->record * sizeof(uint64_t));
    self->scratch = malloc(self->record);
    self->key = malloc(NODE_BYTES * threads);
    self->ended = calloc(threads, 1);
    if (set_init(&self->states, self->record) < 0 || set_init(&self->standing, NODE_BYTES * threads) < 0 ||
        self->constants == NULL || self->scratch == NULL || self->key == NULL || self->ended == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    for (size_t n = 0; n < self->record; n++)
        self->constants[n] = constant(n);
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
    Node *node = array_push(&self->nodes);
    if (node == NULL)
        return PyErr_NoMemory();
    *node = (Node){(uint32_t)self->roots.count, choices};
    for (unsigned int n = 0; n < choices; n++)
        if (array_push_u32(&self->roots, 0) < 0)
            return PyErr_NoMemory();
    return PyLong_FromSize_t(self->nodes.count - 1);
}

static PyObject *
Search_add_answer(Search *self, PyObject *args)
{
    PyObject *writes;
    unsigned int target, flags;
    if (!PyArg_ParseTuple(args, "O!II", &PyTuple_Type, &writes, &target, &flags))
        return NULL;
    if (target >= self->nodes.count)
        return PyErr_Format(PyExc_IndexError, "there is no node %u", target);
    uint32_t first = (uint32_t)self->cells.count;
    for (Py_ssize_t n = 0; n < PyTuple_GET_SIZE(writes); n++) {
        unsigned int offset, byte;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(writes, n), "II", &offset, &byte))
            return NULL;
        if (offset >= self->shared || byte > 255)
            return PyErr_Format(PyExc_ValueError, "no byte %u at offset %u", byte, offset);
        Cell *cell = array_push(&self->cells);
        if (cell == NULL)
            return PyErr_NoMemory();
        *cell = (Cell){offset, byte};
    }
    Answer *answer = array_push(&self->answers);
    if (answer == NULL)
        return PyErr_NoMemory();
    *answer = (Answer){first, (uint32_t)PyTuple_GET_SIZE(writes), target, flags};
    return PyLong_FromSize_t(self->answers.count - 1);
}

/* Adds a path to tree number `root` of `roots`, which is `roots` or `memos` of the search. */
static PyObject *
graft(Search *self, Array *roots, size_t root, PyObject *path, uint32_t answer)
{
    size_t at = 0;              /* the test whose child is to be set, plus one; 0 is the root itself */
    uint32_t byte = 0;
    if (root >= roots->count)
        return PyErr_Format(PyExc_IndexError, "there is no tree %zu", root);
    for (Py_ssize_t n = 0; n < PyList_GET_SIZE(path); n++) {
        unsigned int offset, next;
        if (!PyArg_ParseTuple(PyList_GET_ITEM(path, n), "II", &offset, &next))
            return NULL;
        if (offset >= self->shared || next > 255)
            return PyErr_Format(PyExc_ValueError, "no byte %u at offset %u", next, offset);
        int32_t here = at ? ((Test *)self->tests.items)[at - 1].child[byte] : ((int32_t *)roots->items)[root];
        if (here == 0) {
            Test *test = array_push(&self->tests);
            if (test == NULL)
                return PyErr_NoMemory();
            memset(test, 0, sizeof *test);
            test->offset = offset;
            here = (int32_t)self->tests.count;
            if (at)
                ((Test *)self->tests.items)[at - 1].child[byte] = here;
            else
                ((int32_t *)roots->items)[root] = here;
        }
        else if (here < 0 || ((Test *)self->tests.items)[here - 1].offset != offset)
            return PyErr_Format(PyExc_ValueError, "a path does not fit its tree");
        at = (size_t)here;
        byte = next;
    }
    int32_t *leaf = at ? &((Test *)self->tests.items)[at - 1].child[byte] : (int32_t *)roots->items + root;
    if (*leaf != 0)
        return PyErr_Format(PyExc_ValueError, "a path does not fit its tree");
    *leaf = -1 - (int32_t)answer;
    Py_RETURN_NONE;
}

static PyObject *
Search_add_step(Search *self, PyObject *args)
{
    unsigned int node, choice, answer;
    PyObject *path;
    if (!PyArg_ParseTuple(args, "IIO!I", &node, &choice, &PyList_Type, &path, &answer))
        return NULL;
    if (node >= self->nodes.count || choice >= ((Node *)self->nodes.items)[node].choices ||
        answer >= self->answers.count)
        return PyErr_Format(PyExc_IndexError, "no node %u with alternative %u, or no answer %u", node, choice, answer);
    return graft(self, &self->roots, ((Node *)self->nodes.items)[node].root + choice, path, answer);
}

static PyObject *
Search_add_claim(Search *self, PyObject *Py_UNUSED(unused))
{
    if (array_push_u32(&self->memos, 0) < 0)
        return PyErr_NoMemory();
    return PyLong_FromSize_t(self->memos.count - 1);
}

static PyObject *
Search_add_judgement(Search *self, PyObject *args)
{
    unsigned int claim;
    PyObject *path;
    if (!PyArg_ParseTuple(args, "IO!", &claim, &PyList_Type, &path))
        return NULL;
    return graft(self, &self->memos, claim, path, 0);
}

static PyObject *
Search_start(Search *self, PyObject *args)
{
    PyObject *host;
    const char *state;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(args, "Oy#", &host, &state, &size))
        return NULL;
    if ((size_t)size != self->record || self->states.count)
        return PyErr_Format(PyExc_ValueError, "the initial state has %zu bytes and is given once", self->record);
    for (size_t thread = 0; thread < self->threads; thread++)
        if (node_at((const unsigned char *)state + self->shared + NODE_BYTES * thread) >= self->nodes.count)
            return PyErr_Format(PyExc_IndexError, "thread %zu begins in no node", thread);
    if (store(self, host, (const unsigned char *)state, sum_of(self, (const unsigned char *)state)) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* Searches level by level until every state is expanded, or the host stops it (as when there is no room). */
static PyObject *
Search_run(Search *self, PyObject *host)
{
    uint64_t start = 0;
    if (self->states.count == 0 || self->ran)
        return PyErr_Format(PyExc_ValueError, "a search runs once, from the state that it was given");
    self->ran = 1;
    while (start < self->states.count) {
        uint64_t end = self->states.count;
        self->frontier = (uint32_t)(end - start);
        self->depth++;
        for (uint64_t number = start; number < end; number++) {
            if (number % TICK == 0 && (PyErr_CheckSignals() < 0 || call(host, "tick", number) < 0))
                return NULL;
            if (self->stop) {
                self->frontier = (uint32_t)(self->states.count - number);
                Py_RETURN_NONE;
            }
            if (expand(self, host, number, end) < 0)
                return NULL;
        }
        start = end;
    }
    self->depth--;
    self->frontier = 0;
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
    if (number >= self->states.count)
        return PyErr_Format(PyExc_IndexError, "there is no state %llu", number);
    return PyBytes_FromStringAndSize((char *)set_key(&self->states, number), (Py_ssize_t)self->record);
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
    size_t memory = self->states.room * sizeof(Slot) + self->states.chunks.count * CHUNK * self->record;
    const Array *arrays[] = {&self->states.sums, &self->depths, &self->firsts, &self->targets,
                             &self->moves, &self->tests};
    for (size_t n = 0; n < sizeof arrays / sizeof *arrays; n++)
        memory += arrays[n]->room * arrays[n]->size;
    return Py_BuildValue("(nKIIn)", (Py_ssize_t)self->states.count, (unsigned long long)self->transitions,
                         self->depth, self->frontier, (Py_ssize_t)memory);
}

static PyObject *
Search_flags(Search *self, PyObject *Py_UNUSED(unused))
{
    return Py_BuildValue("(NNy#)", PyBool_FromLong(self->waits), PyBool_FromLong(self->cyclic),
                         (char *)self->ended, (Py_ssize_t)self->threads);
}

/* Can an execution end from every state: is there, from each, a way to a state in which nothing moves or a move ends it?
 *
 * Backwards from those: `before[start[n] .. start[n + 1]]` are the states that lead to state n (counting sort). Gives 1,
 * 0, or -1 without memory. */
static int
every_state_can_end(const Search *self)
{
    const uint64_t *firsts = self->firsts.items;
    const uint32_t *targets = self->targets.items;
    size_t states = self->states.count, edges = self->targets.count, marked = 0, waiting = 0;
    uint64_t *start = calloc(states + 2, sizeof *start);
    uint32_t *before = malloc((edges + 1) * sizeof *before), *stack = malloc((states + 1) * sizeof *stack);
    unsigned char *marks = calloc(states + 1, 1);
    int result = -1;
    if (start == NULL || before == NULL || stack == NULL || marks == NULL)
        goto done;
    for (size_t n = 0; n < edges; n++)
        if (targets[n] != NOWHERE)
            start[targets[n] + 2]++;
    for (size_t n = 2; n < states + 2; n++)
        start[n] += start[n - 1];
    for (size_t n = 0; n < states; n++) {
        uint64_t end = n + 1 < states ? firsts[n + 1] : edges;
        int ends = firsts[n] == end;
        for (uint64_t at = firsts[n]; at < end; at++) {
            if (targets[at] == NOWHERE)
                ends = 1;
            else
                before[start[targets[at] + 1]++] = (uint32_t)n;
        }
        if (ends) {
            marks[n] = 1;
            stack[waiting++] = (uint32_t)n;
        }
    }
    while (waiting) {
        uint32_t n = stack[--waiting];
        marked++;
        for (uint64_t at = start[n]; at < start[n + 1]; at++) {
            if (!marks[before[at]]) {
                marks[before[at]] = 1;
                stack[waiting++] = before[at];
            }
        }
    }
    result = marked == states;
done:
    free(start);
    free(before);
    free(stack);
    free(marks);
    return result;
}

static PyObject *
Search_always_ends(Search *self, PyObject *Py_UNUSED(unused))
{
    if (self->firsts.count != self->states.count)
        return PyErr_Format(PyExc_ValueError, "not every state was expanded");
    int result = every_state_can_end(self);
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
    if (until < 1 || (size_t)until > self->states.count)
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
    {"state", (PyCFunction)Search_state, METH_VARARGS, "state(number) -> bytes"},
    {"transitions", (PyCFunction)Search_transitions, METH_NOARGS, "(firsts u64, targets u32, moves u32) as bytes"},
    {"always_ends", (PyCFunction)Search_always_ends, METH_NOARGS, "can an execution end from every state?"},
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
    .tp_doc = "Search(shared, threads, most): a breadth-first search; see search.c",
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
    if (PyType_Ready(&SearchType) < 0)
        return NULL;
    PyObject *made = PyModule_Create(&module);
    if (made == NULL)
        return NULL;
    Py_INCREF(&SearchType);
    if (PyModule_AddObject(made, "Search", (PyObject *)&SearchType) < 0) {
        Py_DECREF(&SearchType);
        Py_DECREF(made);
        return NULL;
    }
    return made;
}
