/* infos.h - the kit's pages, in this service's templates. */
#ifndef ELECTIONS_INFOS_H
#define ELECTIONS_INFOS_H
#include "services/kit/kit.h"

extern const struct kit_pages el_pages;
#endif
