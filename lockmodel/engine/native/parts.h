/* What the searches in C have in common: growing arrays, hashing, a table of fingerprints, decision trees, workers.
 *
 * Everything is static and in line: each search is a module of its own.
 */
#ifndef LOCKMODEL_PARTS_H
#define LOCKMODEL_PARTS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* These stand in Python too: in ir/layout.py, engine/native/search.py and reduced.py, engine/transitions.py. */
enum { NODE_BYTES = 3 };
enum { BLOCKED = 1, HALTS = 2, POOL = 4, PENDING = 8 };
static const uint32_t NOWHERE = 0xFFFFFFFFu;

/* --- growing arrays ----------------------------------------------------------------------------------------------- */

typedef struct {
    void *items;
    size_t count, room, size;
} Array;

/* Makes room for `more` items; the place of the first, or NULL without memory. */
static inline void *
array_reserve(Array *array, size_t more)
{
    if (array->count + more > array->room) {
        size_t room = array->room ? array->room * 2 : 64;
        while (room < array->count + more)
            room *= 2;
        void *items = realloc(array->items, room * array->size);
        if (items == NULL)
            return NULL;
        array->items = items;
        array->room = room;
    }
    return (char *)array->items + array->size * array->count;
}

static inline void *
array_push(Array *array)
{
    void *place = array_reserve(array, 1);
    if (place != NULL)
        array->count++;
    return place;
}

static inline int
array_push_u32(Array *array, uint32_t value)
{
    uint32_t *place = array_push(array);
    if (place == NULL)
        return -1;
    *place = value;
    return 0;
}

/* --- hashing ------------------------------------------------------------------------------------------------------ */

/* splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t
mixed(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

/* What a value at a place adds to the sum of a record. As random for each (place, value), as in Zobrist's tables, and
 * not a multiple of the value: two records that differ then have the same sum by chance only, however they differ. */
static inline uint64_t
term(size_t place, uint32_t value)
{
    return mixed(((uint64_t)place << 32 | value) * 0x9E3779B97F4A7C15u + 0x9E3779B97F4A7C15u);
}

/* Threads may stand in the same nodes: what a node adds is multiplied by an odd factor for the thread. */
static inline uint64_t
node_term(uint32_t node)
{
    return term((size_t)UINT32_MAX, node);
}

/* --- a table of fingerprints --------------------------------------------------------------------------------------
 *
 * Open addressing. A slot is `width` words (one, but for a search that will need more of a state); 0 is an empty one:
 *
 *      fingerprints alone:     | print | print | 0 | print | ...
 *      numbered:               | upper half of print, number + 1 | 0 | ...
 *
 * Where what is numbered is compared in whole, the upper half is enough to find it, and not to look at many others.
 * A fingerprint's home is its share of the table (multiply, shift), not a remainder: so the table can grow by half,
 * which keeps it between 53 and 80 % full; and its order is nearly that of the fingerprints, so that growing reads and
 * writes memory in order, and the smallest gap between two of them is found in one pass. */

enum { PAGE_HUGE = 1 << 21, RELEASED = 1 << 26 };

static const uint64_t UPPER = 0xFFFFFFFF00000000u;

typedef struct {
    uint64_t *words;
    uint64_t mask;              /* the bits of a slot's first word that are of the fingerprint */
    size_t room, count, width;
    void *mapping;
    size_t mapped;
} Table;

__extension__ typedef unsigned __int128 Wide;

static inline size_t
table_home(const Table *table, uint64_t print)
{
    return (size_t)((Wide)(print & table->mask) * table->room >> 64);
}

static inline size_t
table_next(const Table *table, size_t at)
{
    return at + 1 == table->room ? 0 : at + 1;
}

/* To gcc a function that does no more than prefetch does nothing, and it drops the call: hence these are in line. */
#define IN_LINE static inline __attribute__((always_inline))

IN_LINE void
table_prefetch(const Table *table, uint64_t print)
{
    __builtin_prefetch(table->words + table_home(table, print) * table->width, 1);
}

/* Gives the table this many empty slots, whatever it had before. */
static inline int
table_map(Table *table, size_t room)
{
    size_t size = room * table->width * sizeof(uint64_t), slack = size >= PAGE_HUGE ? PAGE_HUGE : 0;
    void *mapping = mmap(NULL, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED)
        return -1;
    table->mapping = mapping;
    table->mapped = size + slack;
    table->room = room;
    table->words = mapping;
    if (slack) {                /* a page of 4 KiB for each look-up would cost a miss in the page tables as well */
        table->words = (uint64_t *)(((uintptr_t)mapping + PAGE_HUGE - 1) & ~(uintptr_t)(PAGE_HUGE - 1));
#ifdef MADV_HUGEPAGE
        (void)madvise(table->words, size, MADV_HUGEPAGE);
#endif
    }
    return 0;
}

static inline int
table_init(Table *table, int numbered, size_t room)
{
    memset(table, 0, sizeof *table);
    table->width = 1;
    table->mask = numbered ? UPPER : UINT64_MAX;
    return table_map(table, room);
}

static inline void
table_free(Table *table)
{
    if (table->mapping != NULL)
        munmap(table->mapping, table->mapped);
}

/* What a slot of a numbered table holds. Numbers are below 2**32 - 1. */
static inline uint64_t
numbered(uint64_t print, uint64_t number)
{
    return (print & UPPER) | (number + 1);
}

static inline uint64_t
number_in(uint64_t word)
{
    return (word & ~UPPER) - 1;
}

/* Makes sure that `more` can be added. The old slots are given back as they are done with, so that the two tables
 * together never take more than the new one. */
static inline int
table_reserve(Table *table, size_t more)
{
    size_t room = table->room;
    while ((table->count + more) * 5 > room * 4)
        room += room / 2;
    if (room == table->room)
        return 0;
    Table old = *table;
    if (table_map(table, room) < 0)
        return -1;
    size_t words = old.room * old.width, released = 0;
    for (size_t from = 0; from < words; from += old.width) {
        if (old.words[from] == 0)
            continue;
        size_t at = table_home(table, old.words[from]);
        while (table->words[at * table->width])
            at = table_next(table, at);
        memcpy(table->words + at * table->width, old.words + from, old.width * sizeof(uint64_t));
        if ((from - released) * sizeof(uint64_t) >= RELEASED) {
            (void)madvise(old.words + released, RELEASED, MADV_DONTNEED);
            released += RELEASED / sizeof(uint64_t);
        }
    }
    munmap(old.mapping, old.mapped);
    return 0;
}

static inline int
by_value(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return a < b ? -1 : a > b;
}

/* Sorts the fingerprints of a cluster and compares neighbours, the first with the last of the cluster before. */
static inline void
narrow(Array *cluster, uint64_t *before, uint64_t *least)
{
    uint64_t *prints = cluster->items;
    if (cluster->count)
        qsort(prints, cluster->count, sizeof *prints, by_value);
    for (size_t n = 0; n < cluster->count; n++) {
        if (*before && prints[n] - *before < *least)
            *least = prints[n] - *before;
        *before = prints[n];
    }
    cluster->count = 0;
}

/* The smallest difference of two fingerprints (UINT64_MAX if there are not two), or 0 without memory.
 *
 * Slots that are taken without a gap between them hold just the fingerprints whose homes they are, so to sort each such
 * cluster is to sort them all. The cluster that goes on from the end of the table to its beginning is two. */
static inline uint64_t
table_gap(const Table *table)
{
    Array cluster = {.size = sizeof(uint64_t)};
    const uint64_t half = (uint64_t)1 << 63;
    uint64_t least = UINT64_MAX, before = 0;
    size_t start = 0;
    while (table->words[start * table->width])
        start++;
    for (size_t n = 0; n < table->room + start; n++) {
        uint64_t print = table->words[(n < table->room ? n : n - table->room) * table->width];
        if (n == start)
            narrow(&cluster, &before, &least);
        if (print == 0)
            narrow(&cluster, &before, &least);
        else if ((n >= start && n < table->room) || (print < half) == (n < start)) {
            uint64_t *place = array_push(&cluster);
            if (place == NULL) {
                free(cluster.items);
                return 0;
            }
            *place = print;
        }
    }
    narrow(&cluster, &before, &least);
    free(cluster.items);
    return least;
}

/* --- decision trees ----------------------------------------------------------------------------------------------
 *
 * A child of a test, and a root, is a number: 0 for nothing yet, n > 0 for test n - 1, n < 0 for leaf -1 - n.
 *
 *      tests:     | offset 17, bytes 0..2, --+ | offset 40, byte 1 only: leaf 3 | ...
 *      children:  | ... | leaf 5 | test 1 | nothing yet | ...
 *                       ^--------------------+
 *
 * A test of which one byte is known, as most are, has its one child in itself: the tests of a path stand side by side.
 * */

typedef struct {
    uint32_t offset;
    uint8_t low, more;          /* the bytes with a place are low .. low + more */
    int32_t child;              /* if more is 0: the child; otherwise where the children begin in `children` */
} Test;

typedef struct {
    Array tests, children;
} Trees;

static inline void
trees_init(Trees *trees)
{
    memset(trees, 0, sizeof *trees);
    trees->tests.size = sizeof(Test);
    trees->children.size = sizeof(int32_t);
}

static inline void
trees_free(Trees *trees)
{
    free(trees->tests.items);
    free(trees->children.items);
}

static inline const Test *
test_at(const Trees *trees, int32_t number)
{
    return (const Test *)trees->tests.items + number - 1;
}

/* The child of a test for one of the bytes that have a place. */
static inline int32_t
child_at(const Trees *trees, const Test *test, unsigned byte)
{
    return test->more ? ((int32_t *)trees->children.items)[(uint32_t)test->child + (byte - test->low)] : test->child;
}

/* What a tree says of a record: 0 for nothing yet, or n < 0 for leaf -1 - n. */
static inline int32_t
decide(const Trees *trees, int32_t at, const unsigned char *record)
{
    while (at > 0) {
        const Test *test = test_at(trees, at);
        unsigned byte = record[test->offset];
        if (byte - test->low > test->more)
            return 0;
        at = child_at(trees, test, byte);
    }
    return at;
}

/* The child of a test for a byte, with a place made for it; NULL without memory. */
static inline int32_t *
child_of(Trees *trees, size_t number, uint8_t byte)
{
    Test *test = (Test *)trees->tests.items + number;
    unsigned low = test->low, high = low + test->more, last = high;
    if (test->child == 0 && test->more == 0) {
        test->low = byte;
        return &test->child;
    }
    if (byte < low || byte > high) {
        low = byte < low ? byte : low;
        high = byte > high ? byte : high;
        int32_t *wider = array_reserve(&trees->children, high - low + 1);
        if (wider == NULL || trees->children.count > INT32_MAX - 256)
            return NULL;
        memset(wider, 0, (high - low + 1) * sizeof *wider);
        for (unsigned n = test->low; n <= last; n++)
            wider[n - low] = test->more ? ((int32_t *)trees->children.items)[test->child + (int32_t)(n - test->low)]
                                        : test->child;
        test->child = (int32_t)trees->children.count;
        trees->children.count += high - low + 1;
        test->low = (uint8_t)low;
        test->more = (uint8_t)(high - low);
    }
    return test->more ? (int32_t *)trees->children.items + test->child + (byte - test->low) : &test->child;
}

/* Adds a path, a list of (offset, byte) with offsets below `bytes`, to tree number `root` of `roots`; -1 with an
 * exception. */
static inline int
graft(Trees *trees, Array *roots, size_t root, PyObject *path, size_t bytes, uint32_t leaf)
{
    size_t at = 0;              /* the test whose child is to be set, plus one; 0 is the root itself */
    uint8_t byte = 0;
    if (root >= roots->count) {
        PyErr_Format(PyExc_IndexError, "there is no tree %zu", root);
        return -1;
    }
    for (Py_ssize_t n = 0; n <= PyList_GET_SIZE(path); n++) {
        unsigned int offset = 0, next = 0;
        int32_t *here = at ? child_of(trees, at - 1, byte) : (int32_t *)roots->items + root;
        if (here == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        if (n == PyList_GET_SIZE(path)) {
            if (*here != 0)
                break;
            *here = -1 - (int32_t)leaf;
            return 0;
        }
        if (!PyArg_ParseTuple(PyList_GET_ITEM(path, n), "II", &offset, &next))
            return -1;
        if (offset >= bytes || next > 255) {
            PyErr_Format(PyExc_ValueError, "no byte %u at offset %u", next, offset);
            return -1;
        }
        if (*here == 0) {
            size_t mark = at ? (size_t)((char *)here - (char *)trees->tests.items) : 0;
            int within = at && mark < trees->tests.count * sizeof(Test);
            Test *test = array_push(&trees->tests);
            if (test == NULL) {
                PyErr_NoMemory();
                return -1;
            }
            *test = (Test){.offset = offset};
            if (within)         /* the array of tests may have moved, and the child with it */
                here = (int32_t *)((char *)trees->tests.items + mark);
            *here = (int32_t)trees->tests.count;
        }
        else if (*here < 0 || ((Test *)trees->tests.items)[*here - 1].offset != offset)
            break;
        at = (size_t)*here;
        byte = (uint8_t)next;
    }
    PyErr_Format(PyExc_ValueError, "a path does not fit its tree");
    return -1;
}

/* --- records ------------------------------------------------------------------------------------------------------ */

static inline uint32_t
node_at(const unsigned char *place)
{
    return place[0] | (uint32_t)place[1] << 8 | (uint32_t)place[2] << 16;
}

/* --- workers -----------------------------------------------------------------------------------------------------
 *
 * The first worker is the thread that asks; the others wait until there is a task for all. */

typedef struct Pool Pool;

typedef struct {
    Pool *pool;
    size_t index;
    unsigned long round;
    pthread_t thread;
} Member;

struct Pool {
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    void (*task)(void *self, size_t worker);
    void *self;
    unsigned long round;
    size_t busy, running;
    int quit;
    Member *members;
};

static inline void *
pool_work(void *argument)
{
    Member *member = argument;
    Pool *pool = member->pool;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool->round == member->round && !pool->quit)
            pthread_cond_wait(&pool->wake, &pool->lock);
        if (pool->quit)
            break;
        member->round = pool->round;
        pthread_mutex_unlock(&pool->lock);
        pool->task(pool->self, member->index);
        pthread_mutex_lock(&pool->lock);
        if (--pool->busy == 0)
            pthread_cond_signal(&pool->done);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* Starts the workers but for the first. Signals are for the thread that runs Python. Where the system refuses a thread,
 * there are fewer: what is found does not depend on how many they are. */
static inline int
pool_start(Pool *pool, size_t jobs)
{
    sigset_t all, before;
    pool->round = 0;
    pool->quit = 0;
    pool->running = 1;
    pool->members = calloc(jobs, sizeof *pool->members);
    if (pool->members == NULL)
        return -1;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->done, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; pool->running < jobs; pool->running++) {
        Member *member = &pool->members[pool->running];
        member->pool = pool;
        member->index = pool->running;
        if (pthread_create(&member->thread, NULL, pool_work, member) != 0)
            break;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return 0;
}

static inline void
pool_stop(Pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->quit = 1;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (size_t n = 1; n < pool->running; n++)
        pthread_join(pool->members[n].thread, NULL);
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->wake);
    pthread_cond_destroy(&pool->done);
    free(pool->members);
    pool->members = NULL;
    pool->running = 1;
}

/* Lets every worker do this, or the first one `alone`, and waits for them; other threads of Python may run then. */
static inline void
pool_together(Pool *pool, void (*task)(void *self, size_t worker), void *self, int alone)
{
    Py_BEGIN_ALLOW_THREADS
    alone |= pool->running == 1;
    if (!alone) {
        pthread_mutex_lock(&pool->lock);
        pool->task = task;
        pool->self = self;
        pool->busy = pool->running - 1;
        pool->round++;
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->lock);
    }
    task(self, 0);
    if (!alone) {
        pthread_mutex_lock(&pool->lock);
        while (pool->busy)
            pthread_cond_wait(&pool->done, &pool->lock);
        pthread_mutex_unlock(&pool->lock);
    }
    Py_END_ALLOW_THREADS
}

#endif
