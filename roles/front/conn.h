/* conn.h - one connection of a client: bytes in, one request at a time, bytes out.
 *
 * Deadlines are absolute: a byte now and then does not move them. A sweep every SWEEP_MS looks at
 * them all, so that a request costs no timer.
 */
#ifndef ROLES_FRONT_CONN_H
#define ROLES_FRONT_CONN_H
#include <event2/bufferevent.h>
#include "roles/front/front.h"
#include "wire/http/head.h"

struct exchange;

enum conn_state {
	CONN_IDLE,       /* nothing of a request has come */
	CONN_HEAD,       /* some of a head has come (or the handshake is under way) */
	CONN_BODY,
	CONN_HELD,       /* the request is whole; it waits for an engine that can take it */
	CONN_ENGINE,     /* the engine has it */
	CONN_WRITE,      /* the answer is on its way out */
	CONN_LINGER,     /* all is said; what still comes is thrown away, so that the answer is not lost */
	CONN_DEAD        /* to be destroyed by the next conn_advance() */
};

struct conn {
	struct front *front;
	struct conn *next, *previous;            /* all */
	struct conn *held_next, *held_previous;
	struct bufferevent *bev;
	struct exchange *exchange;               /* the request under way, from its body on */
	struct engine_link *link;                /* CONN_ENGINE: who has it */
	enum conn_state state;
	enum http_listener listener;
	struct http_head_scan scan;
	int64_t deadline_ms;
	struct source_key peer;
	uint32_t place, requests;
	int resent;
	size_t lingered;                         /* bytes thrown away at the end */
	bool tls, from_proxy, counted;
	bool close_after;                        /* this answer is the last one */
	bool linger_after;                       /* and bytes that we do not want may still come */
	bool half_closed;                        /* the client said that it sends no more */
};

/* ms from now is its deadline. */
void conn_set_state(struct conn *c, enum conn_state state, int64_t ms);
/* Takes fd over; it is closed when there is no place for it. */
void conn_accept(struct front *f, int fd, const struct sockaddr *peer, enum http_listener listener);
void conn_destroy(struct conn *c);
/* Go on with whatever can be done now. The connection may be gone afterwards. */
void conn_advance(struct conn *c);
/* An answer has been handed to conn_write(): the request is over, once it is out. */
void conn_answered(struct conn *c);
/* Send bytes; what does not go at once is kept: by reference when release is given (it is then
 * called when done, at once if all went), else as a copy. */
void conn_write(struct conn *c, const char *p, size_t n, void (*release)(const void *, size_t, void *), void *arg);

/* The requests that are held, first come first. */
void conns_submit_held(struct front *f);
/* The engine of these is gone: what may be repeated is held for the next, the rest is refused. */
void conns_lose_engine(struct front *f, const struct engine_link *link);
struct conn *conn_by_seq(struct front *f, uint32_t seq);
/* Deadlines; and when draining the idle ones. */
void conns_sweep(struct front *f, int64_t now_ms);
#endif
