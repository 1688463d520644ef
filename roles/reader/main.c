/* main.c - start-up of guichet-reader. */
#include "base/log.h"
#include "roles/boot/boot.h"
#include "roles/reader/reader.h"
#include <stdlib.h>

int main(void)
{
	struct boot boot;
	struct reader *reader = NULL;

	boot_receive(&boot);
	struct err e = reader_create(&reader);
	/* A daemon without SAML partners pays neither the time nor the memory of an XML library. */
	if (!failed(e) && boot_setting_bool(&boot, "saml", false))
		e = reader_enable_saml(reader);
	if (failed(e)) {
		log_line("reader.start", log_c("error", e.slug));
		exit(1);
	}
	boot_confine(&boot, NULL, 0);
	boot_ready(&boot);
	boot_serve(&boot, reader_serve, reader, READER_ARENA_BYTES, READER_REQUESTS);
}
