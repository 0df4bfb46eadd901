/* Does some thread wait for ever while others go on for ever? A part of search.c, for where transitions are not kept.
 *
 * A thread is lost in a state if it has not ended, no way from there leads to a state in which it moves, and no way
 * leads to an end: a state in which nothing can move, or a move that ends the execution. Then it is lost in all that
 * follows, too. So it is enough to look at some states, if from every state a way leads to one of them:
 *
 *      Nodes have numbers. A step forward leads a thread to a node with a higher number than that which it leaves. A
 *      turning point is a state in which nobody can take a step forward, though somebody can take a step.
 *
 *      With each step forward the sum of the numbers grows, so steps forward lead from every state to a turning point,
 *      or to an end. Where a thread is lost there is no end ahead. Hence some thread is lost in some state just if
 *      some thread is lost in some turning point, where it then waits.
 *
 * Threads come to new nodes as they go on, and to old ones where a loop begins again: a turning point is a state in
 * which all threads that do not wait stand at the end of a loop. There are few, and they are found where a state is
 * expanded. In each of them every thread has its turn, again and again, until those that waited have moved, or the
 * execution ends. That proves almost all of them good, so only the others are kept, in whole. (Some are only because
 * the search had not learned yet what comes next.) They wait for the end of the search: then all that can be reached
 * from them is searched for the threads that wait there, with an account of its own.
 *
 * What is proved is proved: the ways that are gone are ways of the model. Where something is left, for whatever reason
 * (somebody is lost; it would take too long; a pool runs out on the way, which asks for the host), nothing is said. */
#ifndef LOCKMODEL_TURNING_H
#define LOCKMODEL_TURNING_H

enum { ROUNDS = 128 };          /* turns of each thread; those that wait have mostly moved after a few */

enum { SPARE = 1 << 16 };       /* beside as many states as the search had, so many are searched for those who wait */

enum { WAITS = -1, HAS_ENDED = -2, NOT_LEARNED = -3 };

/* The edge of a step that a thread can make in a record, of several alternatives another one in each round. */
static int64_t
step_of(const Search *self, const unsigned char *record, size_t thread, uint32_t round)
{
    const Graph *graph = &self->graph;
    const Node *node = (Node *)graph->nodes.items + node_at(record + self->shared + NODE_BYTES * thread);
    int64_t none = node->choices ? WAITS : HAS_ENDED;
    for (uint32_t n = 0; n < node->choices; n++) {
        uint32_t choice = (round + n) % node->choices;
        int32_t found = decide(&graph->trees, ((int32_t *)graph->roots.items)[node->root + choice], record);
        if (found == 0)
            none = NOT_LEARNED;
        else if (!(edge_at(graph, (uint32_t)(-1 - found))->flags & BLOCKED))
            return -1 - found;
    }
    return none;
}

/* Notes who waits in a state and must move some day; how many they are. */
static size_t
note_waiting(const Search *self, Worker *worker, const unsigned char *record)
{
    size_t waiting = 0;
    for (size_t thread = 0; thread < self->threads; thread++) {
        worker->waiting[thread] = !self->patient[thread] && step_of(self, record, thread, 0) == WAITS;
        waiting += worker->waiting[thread];
    }
    return waiting;
}

/* Do all who wait in a state move, or does the execution end, if every thread has its turn? If not, nothing is known. */
static int
all_move_in_turn(const Search *self, Worker *worker, const unsigned char *from)
{
    size_t waiting = note_waiting(self, worker, from);
    unsigned char *record = worker->record;
    memcpy(record, from, self->record);
    for (uint32_t round = 0; waiting && round < ROUNDS; round++) {
        int moved = 0;
        for (size_t thread = 0; thread < self->threads; thread++) {
            int64_t made = step_of(self, record, thread, round);
            if (made < 0) {
                moved |= made == NOT_LEARNED;
                continue;
            }
            const Edge *edge = edge_at(&self->graph, (uint32_t)made);
            if (edge->flags & HALTS)
                return 1;
            waiting -= worker->waiting[thread];
            worker->waiting[thread] = 0;
            moved = 1;
            if (!(edge->flags & POOL))
                step(self, record, edge, (uint32_t)thread);
        }
        if (!moved)
            return 1;
    }
    return waiting == 0;
}

/* Looks at a turning point, and keeps it if there is doubt about it; -1 without memory. */
static int
examine(const Search *self, Worker *worker, const unsigned char *record)
{
    if (self->keep || all_move_in_turn(self, worker, record))
        return 0;
    unsigned char *place = array_push(&worker->doubtful);
    if (place == NULL)
        return -1;
    memcpy(place, record, self->record);
    return 0;
}

/* --- what can be reached from a turning point --------------------------------------------------------------------- */

typedef struct {
    Table table;                /* of their fingerprints. Where two are equal, less is searched, and less proved. */
    Array records, sums;
} Reached;

static int
reach(const Search *self, Reached *reached, const unsigned char *record, uint64_t sum, const Edge *edge, size_t thread)
{
    uint64_t after = edge == NULL ? sum : sum_after(self, record, sum, edge, (uint32_t)thread);
    uint64_t print = print_of(self, after), *words;
    if (table_reserve(&reached->table, 1) < 0)
        return -1;
    words = reached->table.words;
    size_t at = table_home(&reached->table, print);
    for (; words[at]; at = table_next(&reached->table, at))
        if (words[at] == print)
            return 0;
    unsigned char *place = array_push(&reached->records);
    uint64_t *sums = array_push(&reached->sums);
    if (place == NULL || sums == NULL)
        return -1;
    words[at] = print;
    reached->table.count++;
    *sums = after;
    memcpy(place, record, self->record);
    if (edge != NULL)
        step(self, place, edge, (uint32_t)thread);
    return 0;
}

/* Notes what can be done in a state that was reached: 1 if nobody waits any more who waited in the beginning, or an
 * execution can end; else 0; -1 without memory. */
static int
follow(Search *self, Reached *reached, size_t number, size_t *waiting)
{
    Worker *worker = &self->asking;
    uint64_t sum = ((uint64_t *)reached->sums.items)[number];
    int ends = 1;
    memcpy(worker->record, (unsigned char *)reached->records.items + number * self->record, self->record);
    worker->successors.count = 0;
    if (expand(self, worker->record, sum, worker, 1) < 0)
        return -1;
    for (size_t n = 0; n < worker->successors.count; n++) {
        const Successor *successor = (Successor *)worker->successors.items + n;
        size_t thread = successor->move >> 16;
        if (successor->edge == NO_EDGE) {
            ends = 0;
            continue;
        }
        const Edge *edge = edge_at(&self->graph, successor->edge);
        if (edge->flags & BLOCKED)
            continue;
        ends = 0;
        *waiting -= worker->waiting[thread];
        worker->waiting[thread] = 0;
        if (edge->flags & HALTS || *waiting == 0)
            return 1;
        if (!(edge->flags & POOL) && reach(self, reached, worker->record, sum, edge, thread) < 0)
            return -1;
    }
    return ends;
}

/* Time to look at limits: 1 to stop, 0 to go on, -1 with an exception. */
static int
look_up(const Search *self, PyObject *host)
{
    if (PyErr_CheckSignals() < 0 || call(host, "tick", self->count) < 0)
        return -1;
    return self->stop;
}

/* Can each thread that waits in a state move some day, or the execution end? 1; 0 if that is not known; -1 with an
 * exception. `budget` is for how many states may yet be searched. */
static int
all_can_move(Search *self, PyObject *host, const unsigned char *record, uint64_t *budget)
{
    Reached reached = {.records = {.size = self->record}, .sums = {.size = sizeof(uint64_t)}};
    size_t waiting = note_waiting(self, &self->asking, record);
    int done = NO_MEMORY, stops = 0;
    if (table_init(&reached.table, 0, 256) == 0)
        done = reach(self, &reached, record, sum_of(self, record), NULL, 0);
    for (size_t n = 0; done == 0 && n < reached.sums.count && *budget; n++, --*budget) {
        if (n % TICK == 0 && (stops = look_up(self, host)) != 0)
            break;
        done = follow(self, &reached, n, &waiting);
    }
    table_free(&reached.table);
    free(reached.records.items);
    free(reached.sums.items);
    if (done == NO_MEMORY)
        PyErr_NoMemory();
    return stops < 0 ? -1 : done;
}

/* Settles all doubts, once every state was expanded; 1 if nobody is lost, 0 if that is not known, -1 with an exception.
 *
 * What the turning points cost together does not depend on their order, and so the result does not. */
static int
settle_doubts(Search *self, PyObject *host)
{
    uint64_t budget = self->count + SPARE;
    int good = 1;
    for (size_t n = 0; n <= self->jobs && good > 0; n++) {
        Worker *worker = worker_at(self, n);
        for (size_t k = 0; k < worker->doubtful.count && good > 0; k++) {
            const unsigned char *record = (unsigned char *)worker->doubtful.items + k * self->record;
            if (!all_move_in_turn(self, worker, record))
                good = all_can_move(self, host, record, &budget);
        }
    }
    return good;
}

#endif
