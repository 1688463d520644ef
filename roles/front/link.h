/* link.h - the connections to engines: the one that takes requests, and older ones that still
 * answer what they were sent. */
#ifndef ROLES_FRONT_LINK_H
#define ROLES_FRONT_LINK_H
#include "roles/front/conn.h"

struct engine_link {
	struct front *front;
	struct engine_link *next;        /* in front->old */
	int fd;
	struct event *readable, *writable;
	struct site *incoming;           /* what is being published, until WEB_READY */
	bool ready, draining, full;
};

/* A new engine, from the supervisor; fd becomes ours. It takes over once it has said WEB_READY. */
void link_add(struct front *f, int fd);
bool link_takes_requests(const struct front *f);
/* Send a request to the newest engine. BUSY frame.full, frame.gone; BROKEN frame.size */
MUST struct err link_send(struct front *f, uint32_t seq, const struct http_req *req);
#endif
