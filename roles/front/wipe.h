/* wipe.h - memory of OpenSSL and libevent is wiped when it is freed: passwords and cookies pass
 * through their buffers. */
#ifndef ROLES_FRONT_WIPE_H
#define ROLES_FRONT_WIPE_H

/* Before anything else is called of either library; aborts when it comes too late. */
void wipe_install(void);
#endif
