/* A stand-in for Camunda's job endpoints that is never the bottleneck: one thread, epoll, no allocation per request.
 *
 *   stub [jobs] [variables_bytes] [delay_us] [shape] [connection_limit]
 *
 * jobs: how many there are in all, -1 without end. delay_us: before each answer. shape: 86 (key, integers),
 * 88 (jobKey, strings) or 810 (and what 8.9 and 8.10 added). connection_limit: requests per connection before it is closed, 0 without end (Camunda: 100).
 * Listens on a free port of 127.0.0.1 and prints it; ends when its standard input does, which is when its parent does.
 *
 * Beside Camunda's: GET /stub/stats, POST /stub/jobs/{n} (n more jobs, counters at nought), GET /stub/sleep/{ms},
 * POST /stub/token (a token that nobody checks).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH_LIMIT 1000
#define REQUEST_LIMIT (1 << 20)
#define ANSWER_LIMIT (4 << 20)

typedef enum { ACTIVATE, PARKED, NO_CONTENT, TOPOLOGY, STATS, SLEPT, TOKEN, MISSING } Kind;

typedef struct {
    int fd;
    int waiting;      /* in the heap */
    int gone;         /* closed by its client while waiting */
    long served;
    Kind kind;
    long wanted;      /* jobs asked for */
    size_t have, size;
    char *in;
    char *unsent;     /* what the socket did not take */
    size_t unsent_at, unsent_size;
} Client;

typedef struct {
    int64_t due_us;
    Client *client;
} Pending;

static struct {
    long jobs, activated, completed, failed, thrown, extended, polls, empty_polls, connections, requests;
} count;

static int epoll_fd, as_strings = 1, newest = 0;
static long jobs_left = -1, delay_us = 0, connection_limit = 0;
static uint64_t next_key = 2251799813685249ULL;
static char *variables, *out;
static Pending *heap;
static size_t heap_size, heap_room;

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

/* ---- answers due later: a binary heap ---- */

static void heap_push(int64_t due_us, Client *client) {
    if (heap_size == heap_room) {
        heap_room = heap_room ? heap_room * 2 : 1024;
        if (!(heap = realloc(heap, heap_room * sizeof *heap))) die("realloc");
    }
    size_t at = heap_size++;
    while (at && heap[(at - 1) / 2].due_us > due_us) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = (Pending){due_us, client};
}

static Client *heap_pop(void) {
    Client *first = heap[0].client;
    Pending last = heap[--heap_size];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= heap_size) break;
        if (child + 1 < heap_size && heap[child + 1].due_us < heap[child].due_us) child++;
        if (heap[child].due_us >= last.due_us) break;
        heap[at] = heap[child];
        at = child;
    }
    if (heap_size) heap[at] = last;
    return first;
}

/* ---- clients ---- */

static void watch(Client *c, uint32_t events, int op) {
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(epoll_fd, op, c->fd, &event)) die("epoll_ctl");
}

static void drop(Client *c) {
    if (c->fd >= 0) close(c->fd);
    c->fd = -1;
    if (c->waiting) {
        c->gone = 1; /* the heap still points here */
        return;
    }
    free(c->in);
    free(c->unsent);
    free(c);
}

/* Returns 0 when the client is gone. */
static int send_all(Client *c, const char *data, size_t size) {
    ssize_t sent = send(c->fd, data, size, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            drop(c);
            return 0;
        }
        sent = 0;
    }
    if ((size_t)sent < size) {
        c->unsent_size = size - sent;
        c->unsent_at = 0;
        if (!(c->unsent = malloc(c->unsent_size))) die("malloc");
        memcpy(c->unsent, data + sent, c->unsent_size);
        watch(c, EPOLLOUT, EPOLL_CTL_MOD);
    }
    return 1;
}

/* Camunda 8.6.0 sends only the date; newer gateways have Spring Security's too, and clients pay for reading them. */
#define DATE "Date: Mon, 02 Nov 2026 08:00:00 GMT\r\n"
#define SECURITY                                                                                                \
    "Vary: Origin\r\nVary: Access-Control-Request-Method\r\nVary: Access-Control-Request-Headers\r\n"            \
    "X-Content-Type-Options: nosniff\r\nX-XSS-Protection: 0\r\n"                                                  \
    "Cache-Control: no-cache, no-store, max-age=0, must-revalidate\r\nPragma: no-cache\r\nExpires: 0\r\n"         \
    "X-Frame-Options: DENY\r\n"

static int reply(Client *c, const char *status, const char *kind, const char *body, size_t size) {
    static char head[1024];
    const char *last = connection_limit && c->served >= connection_limit ? "Connection: close\r\n" : "";
    int n = snprintf(head, sizeof head, "HTTP/1.1 %s\r\n%s" DATE "%s", status, as_strings ? SECURITY : "", last);
    if (size || *kind)
        n += snprintf(head + n, sizeof head - n, "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n", kind, size);
    else
        n += snprintf(head + n, sizeof head - n, "%s\r\n", status[0] == '2' ? "" : "Content-Length: 0\r\n");
    /* out has room for the head in front of every body. */
    char *start = out + 1024 - n;
    memcpy(start, head, n);
    if (body != out + 1024) memcpy(out + 1024, body, size);
    if (!send_all(c, start, n + size)) return 0;
    if (*last && !c->unsent) {
        drop(c);
        return 0;
    }
    return 1;
}

static size_t write_job(char *at, uint64_t key) {
    const char *quote = as_strings ? "\"" : "";
    return sprintf(
        at,
        "{\"%s\":%s%llu%s,\"type\":\"charge-card\",\"processInstanceKey\":%s%llu%s,\"processDefinitionId\":\"order\","
        "\"processDefinitionVersion\":3,\"processDefinitionKey\":%s2251799813685250%s,\"elementId\":\"charge\","
        "\"elementInstanceKey\":%s%llu%s,\"customHeaders\":{\"queue\":\"cards\",\"priority\":\"5\"},"
        "\"worker\":\"benchmark\",\"retries\":3,\"deadline\":1795424400000,\"variables\":%s,"
        "\"tenantId\":\"<default>\"%s%s}",
        as_strings ? "jobKey" : "key", quote, (unsigned long long)key, quote, quote, (unsigned long long)(key - 7), quote,
        quote, quote, quote, (unsigned long long)(key - 3), quote, variables,
        as_strings ? ",\"kind\":\"BPMN_ELEMENT\",\"listenerEventType\":\"UNSPECIFIED\",\"tags\":[]" : "",
        newest ? ",\"userTask\":null,\"rootProcessInstanceKey\":null,\"physicalTenantId\":\"default\","
                 "\"businessId\":null,\"priority\":0" : "");
}

static int reply_jobs(Client *c) {
    long n = c->wanted < BATCH_LIMIT ? c->wanted : BATCH_LIMIT;
    long fit = (long)((ANSWER_LIMIT - 4096) / (strlen(variables) + 1024));
    if (n > fit) n = fit;
    if (jobs_left >= 0 && n > jobs_left) n = jobs_left;
    if (jobs_left > 0) jobs_left -= n;
    char *body = out + 1024, *at = body;
    at += sprintf(at, "{\"jobs\":[");
    for (long i = 0; i < n; i++) {
        if (i) *at++ = ',';
        at += write_job(at, next_key);
        next_key += 11;
    }
    at += sprintf(at, "]}");
    count.activated += n;
    count.polls++;
    if (!n) count.empty_polls++;
    return reply(c, "200 OK", "application/json", body, at - body);
}

static int reply_stats(Client *c) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    char text[1024];
    int n = snprintf(
        text, sizeof text,
        "{\"activated\":%ld,\"completed\":%ld,\"failed\":%ld,\"thrown\":%ld,\"extended\":%ld,\"polls\":%ld,"
        "\"empty_polls\":%ld,\"connections\":%ld,\"requests\":%ld,\"waiting\":%zu,\"cpu_s\":%ld.%06ld}",
        count.activated, count.completed, count.failed, count.thrown, count.extended, count.polls, count.empty_polls,
        count.connections, count.requests, heap_size, use.ru_utime.tv_sec + use.ru_stime.tv_sec,
        (use.ru_utime.tv_usec + use.ru_stime.tv_usec) % 1000000);
    return reply(c, "200 OK", "application/json", text, n);
}

static int answer(Client *c) {
    static const char topology[] =
        "{\"brokers\":[{\"nodeId\":0,\"host\":\"127.0.0.1\",\"port\":26501,\"partitions\":[{\"partitionId\":1,"
        "\"role\":\"leader\",\"health\":\"healthy\"}],\"version\":\"8.8.0\"}],\"clusterSize\":1,\"partitionsCount\":1,"
        "\"replicationFactor\":1,\"gatewayVersion\":\"8.8.0\"}";
    static const char missing[] = "{\"type\":\"about:blank\",\"title\":\"NOT_FOUND\",\"status\":404,\"detail\":\"stub\"}";
    static const char token[] = "{\"access_token\":\"unchecked\",\"token_type\":\"Bearer\",\"expires_in\":3600}";
    c->served++;
    switch (c->kind) {
    case ACTIVATE:
    case PARKED: return reply_jobs(c);
    case NO_CONTENT: return reply(c, "204 No Content", "", "", 0);
    case TOPOLOGY: return reply(c, "200 OK", "application/json", topology, sizeof topology - 1);
    case STATS: return reply_stats(c);
    case TOKEN: return reply(c, "200 OK", "application/json", token, sizeof token - 1);
    case SLEPT: return reply(c, "200 OK", "application/json", "{}", 2);
    default: return reply(c, "404 Not Found", "application/problem+json", missing, sizeof missing - 1);
    }
}

static long number_after(const char *body, const char *name, long otherwise) {
    const char *at = strstr(body, name);
    return at ? strtol(at + strlen(name), NULL, 10) : otherwise;
}

/* Understand one whole request; returns 0 when the client is gone. */
static int handle(Client *c, char *head, char *body, size_t body_size) {
    char kept = body[body_size];
    body[body_size] = 0;
    long wait_us = delay_us;
    count.requests++;
    char *path = strchr(head, ' ');
    path = path ? path + 1 : head;
    char *end = strpbrk(path, " ?\r");
    size_t length = end ? (size_t)(end - path) : 0;
    c->kind = MISSING;
#define ENDS(word) (length >= sizeof word - 1 && !memcmp(path + length - (sizeof word - 1), word, sizeof word - 1))
    if (ENDS("/jobs/activation")) {
        c->wanted = number_after(body, "\"maxJobsToActivate\":", 1);
        c->kind = ACTIVATE;
        if (!jobs_left) {
            long request_timeout_ms = number_after(body, "\"requestTimeout\":", 10000);
            c->kind = PARKED;
            if (request_timeout_ms > 0) wait_us += request_timeout_ms * 1000;
        }
    } else if (ENDS("/completion")) {
        count.completed++;
        c->kind = NO_CONTENT;
    } else if (ENDS("/failure")) {
        count.failed++;
        c->kind = NO_CONTENT;
    } else if (ENDS("/error")) {
        count.thrown++;
        c->kind = NO_CONTENT;
    } else if (!memcmp(head, "PATCH", 5)) {
        count.extended++;
        c->kind = NO_CONTENT;
    } else if (ENDS("/topology")) {
        c->kind = TOPOLOGY;
    } else if (ENDS("/stub/stats")) {
        c->kind = STATS;
        wait_us = 0;
    } else if (ENDS("/stub/token")) {
        c->kind = TOKEN;
        wait_us = 0;
    } else if (!strncmp(path, "/stub/sleep/", 12)) {
        wait_us = strtol(path + 12, NULL, 10) * 1000;
        c->kind = SLEPT;
    } else if (!strncmp(path, "/stub/jobs/", 11)) {
        long connections = count.connections;
        jobs_left = strtol(path + 11, NULL, 10);
        memset(&count, 0, sizeof count);
        count.connections = connections;
        for (size_t i = 0; i < heap_size; i++) /* parked polls get theirs at once */
            if (heap[i].client->kind == PARKED && jobs_left) heap[i].due_us = 0;
        for (size_t i = 1; i < heap_size; i++) { /* a heap again: sorted is one */
            Pending p = heap[i];
            size_t at = i;
            while (at && heap[at - 1].due_us > p.due_us) {
                heap[at] = heap[at - 1];
                at--;
            }
            heap[at] = p;
        }
        c->kind = NO_CONTENT;
        wait_us = 0;
    }
    body[body_size] = kept;
    if (wait_us > 0) {
        c->waiting = 1;
        heap_push(now_us() + wait_us, c);
        return 1;
    }
    return answer(c);
}

/* Returns 0 when the client is gone. */
static int requests_of(Client *c) {
    size_t at = 0;
    while (!c->waiting && !c->unsent && c->have > at) {
        char *start = c->in + at;
        char *end = memmem(start, c->have - at, "\r\n\r\n", 4);
        if (!end) break;
        *end = 0;
        char *length = strcasestr(start, "\r\ncontent-length:");
        size_t body_size = length ? strtoul(length + 17, NULL, 10) : 0;
        *end = '\r';
        size_t head_size = end + 4 - start;
        if (c->have - at < head_size + body_size) break;
        if (!handle(c, start, start + head_size, body_size)) return 0;
        at += head_size + body_size;
    }
    if (at) {
        memmove(c->in, c->in + at, c->have - at);
        c->have -= at;
    }
    return 1;
}

static int readable(Client *c) {
    for (;;) {
        if (c->size - c->have < 65536) {
            c->size = c->size ? c->size * 2 : 8192;
            if (c->size - c->have < 4096) c->size += 4096;
            if (c->size > REQUEST_LIMIT || !(c->in = realloc(c->in, c->size + 1))) {
                drop(c);
                return 0;
            }
        }
        ssize_t got = recv(c->fd, c->in + c->have, c->size - c->have, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
            drop(c);
            return 0;
        }
        if (got < 0) return 1;
        int whole = (size_t)got < c->size - c->have;
        c->have += got;
        if (!requests_of(c)) return 0;
        if (whole) return 1; /* nothing more was there: saves a recv */
    }
}

static int writable(Client *c) {
    ssize_t sent = send(c->fd, c->unsent + c->unsent_at, c->unsent_size - c->unsent_at, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno == EAGAIN || errno == EINTR) return 1;
        drop(c);
        return 0;
    }
    c->unsent_at += sent;
    if (c->unsent_at < c->unsent_size) return 1;
    free(c->unsent);
    c->unsent = NULL;
    if (connection_limit && c->served >= connection_limit) {
        drop(c);
        return 0;
    }
    watch(c, EPOLLIN, EPOLL_CTL_MOD);
    return requests_of(c);
}

static void accept_all(int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        int yes = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        Client *c = calloc(1, sizeof *c);
        if (!c) die("calloc");
        c->fd = fd;
        count.connections++;
        watch(c, EPOLLIN, EPOLL_CTL_ADD);
    }
}

static void answer_due(void) {
    int64_t now = now_us();
    while (heap_size && heap[0].due_us <= now) {
        Client *c = heap_pop();
        c->waiting = 0;
        if (c->gone)
            drop(c);
        else if (answer(c))
            requests_of(c);
    }
}

/* About a kilobyte as orders have it: texts, numbers, a list of objects; the rest is filled up with text. */
static void make_variables(long size) {
    if (!(variables = malloc(size + 2048))) die("malloc");
    int n = sprintf(
        variables,
        "{\"orderId\":\"A-2026-004711\",\"customer\":{\"id\":88213,\"name\":\"Ada Lovelace\",\"vip\":true,"
        "\"address\":{\"street\":\"12 St James Square\",\"city\":\"London\",\"zip\":\"SW1Y 4JH\"}},\"total\":1289.95,"
        "\"currency\":\"EUR\",\"items\":[{\"sku\":\"X-1\",\"count\":2,\"price\":19.99},{\"sku\":\"X-2\",\"count\":1,"
        "\"price\":49.5},{\"sku\":\"X-3\",\"count\":7,\"price\":0.99}],\"note\":\"");
    while (n < size - 2) {
        variables[n] = n % 7 ? 'a' + n % 26 : ' ';
        n++;
    }
    strcpy(variables + n, "\"}");
}

int main(int argc, char **argv) {
    long size = argc > 2 ? atol(argv[2]) : 1024;
    if (argc > 1) jobs_left = atol(argv[1]);
    if (argc > 3) delay_us = atol(argv[3]);
    if (argc > 4) as_strings = atoi(argv[4]) >= 87;
    if (argc > 4) newest = atoi(argv[4]) >= 810;
    if (argc > 5) connection_limit = atol(argv[5]);
    struct rlimit files;
    if (!getrlimit(RLIMIT_NOFILE, &files)) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    make_variables(size < 512 ? 512 : size);
    if (!(out = malloc(ANSWER_LIMIT + 8192))) die("malloc");
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof here;
    if (listener < 0 || bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 4096) ||
        getsockname(listener, (struct sockaddr *)&here, &length))
        die("listen on 127.0.0.1");
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    static Client listening, parent;
    listening.fd = listener;
    parent.fd = 0;
    watch(&listening, EPOLLIN, EPOLL_CTL_ADD);
    watch(&parent, EPOLLIN, EPOLL_CTL_ADD);
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    static struct epoll_event events[512];
    for (;;) {
        int wait_ms = -1;
        if (heap_size) {
            int64_t left = heap[0].due_us - now_us();
            wait_ms = left <= 0 ? 0 : (int)((left + 999) / 1000);
        }
        int n = epoll_wait(epoll_fd, events, 512, wait_ms);
        for (int i = 0; i < n; i++) {
            Client *c = events[i].data.ptr;
            if (c == &parent) return 0;
            if (c == &listening)
                accept_all(listener);
            else if (events[i].events & EPOLLOUT)
                writable(c);
            else
                readable(c);
        }
        answer_due();
    }
}
