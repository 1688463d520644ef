/* frame.h - typed frames between the processes of a daemon.
 *
 * A pair is an AF_UNIX SOCK_SEQPACKET socket pair; one frame is one datagram of at most
 * FRAME_MAX bytes: type (u16), reserved zero (u16), sequence number (u32), body; all
 * little-endian as the machine (both ends run on it). Bytes larger than BLOB_INLINE travel
 * as sealed memfds beside the frame.
 *
 * A message is described once, by one function that both writes and reads it:
 *
 *   void ipc_hash_io(struct frame_io *io, struct ipc_hash *m)
 *   {
 *           io_str(io, &m->password);
 *           io_u32(io, &m->memory_kib);
 *   }
 *
 * Reading never trusts: a short or over-long body, a count beyond its maximum or a wrong
 * memfd sets io->bad, and everything read after that is zero. The caller asks once, with
 * frame_read_end(). Strings read from a frame are borrowed from its buffer.
 */
#ifndef BASE_FRAME_H
#define BASE_FRAME_H
#include "base/arena.h"

enum { FRAME_MAX = 65536, FRAME_HEAD = 8, FRAME_FDS = 16, BLOB_INLINE = 24 * 1024 };

struct frame {
	uint16_t type;
	uint32_t seq;
	struct str body;         /* borrowed from the receive buffer */
	int    fds[FRAME_FDS];   /* owner: the frame until taken (set to -1) */
	size_t fd_n;
};

struct frame_io {
	bool writing, bad;
	char  *p;                /* body being written (FRAME_MAX - FRAME_HEAD bytes) or read */
	size_t n, at;
	struct arena *arena;     /* reading: where lists and blobs live */
	int    fds[FRAME_FDS];   /* writing: to be sent, closed by frame_send(); reading: borrowed from the frame */
	size_t fd_n, fd_at;
};

typedef void frame_io_fn(struct frame_io *io, void *message);

/* A connected pair, close-on-exec. BROKEN frame.pair */
MUST struct err frame_pair(int ret_fds[2]);

/* Describe `message` with `fn` and send it as one frame. Blocks while the peer's queue is
 * full, until deadline_ms of clock_mono_ms() (INT64_MAX: for ever).
 * Errors  BUSY frame.gone (peer closed), frame.deadline; BROKEN frame.size (does not fit) */
MUST struct err frame_send(int fd, uint16_t type, uint32_t seq, frame_io_fn *fn, const void *message, int64_t deadline_ms);
/* The same, never blocks: BUSY frame.full when the peer's queue is full. */
MUST struct err frame_send_now(int fd, uint16_t type, uint32_t seq, frame_io_fn *fn, const void *message);

/* Receive one frame into buffer (FRAME_MAX bytes, which ret_frame->body borrows).
 * Errors  BUSY frame.gone (closed), frame.deadline; MALFORMED frame.head */
MUST struct err frame_recv(int fd, void *buffer, int64_t deadline_ms, struct frame *ret_frame);
/* The same without waiting: BUSY frame.empty when nothing is there. */
MUST struct err frame_recv_now(int fd, void *buffer, struct frame *ret_frame);
/* Blocks as long as the socket itself allows (SO_RCVTIMEO), one system call: BUSY frame.empty then. */
MUST struct err frame_recv_slice(int fd, void *buffer, struct frame *ret_frame);
void frame_close_fds(struct frame *f);

/* Read a frame's body into *message. MALFORMED frame.body unless it fits to the last byte.
 * Owner   f's descriptors are the message's now, those that it has no use for are closed; all of them on error */
MUST struct err frame_read(const struct frame *f, struct arena *a, frame_io_fn *fn, void *ret_message);
/* Body bytes only (tests, fuzzers). */
MUST struct err frame_write_body(frame_io_fn *fn, const void *message, char *p, size_t max, size_t *ret_n);
MUST struct err frame_read_body(struct str body, struct arena *a, frame_io_fn *fn, void *ret_message);

void io_u8(struct frame_io *io, uint8_t *v);
void io_bool(struct frame_io *io, bool *v);
void io_u32(struct frame_io *io, uint32_t *v);
void io_i64(struct frame_io *io, int64_t *v);
void io_str(struct frame_io *io, struct str *v);            /* at most what the frame holds */
void io_bytes(struct frame_io *io, void *p, size_t n);      /* exactly n */
/* Bytes of any length up to max; beyond BLOB_INLINE by memfd. Reading: lives in the arena. */
void io_blob(struct frame_io *io, struct str *v, size_t max);
/* A descriptor. Reading: the caller owns it from now on. -1 travels as "none". */
void io_fd(struct frame_io *io, int *fd);
/* A list of *n elements of `size` bytes at *v, each described by fn; at most max. */
void io_list(struct frame_io *io, void *v_, size_t *n, size_t size, size_t max, frame_io_fn *fn);
/* An enum that travels as one byte and must be below `count`. */
#define io_enum(io, e, count) \
	do { uint8_t io_e_ = (uint8_t)*(e); io_u8((io), &io_e_); \
	     if (io_e_ >= (count)) { (io)->bad = true; io_e_ = 0; } \
	     *(e) = (__typeof__(*(e)))io_e_; } while (0)
#endif
