"""What the demo keeps in its folder: keys, certificates, configuration files, demo.json.

A folder is ours only when it holds MARK. It is made beside its place and renamed, so that a
stop half-way leaves nothing that the next start could mistake for a town.
"""
import json
import os
import secrets
import shutil
import subprocess

import directory
from town import (ADMIN_PORT, ADMINISTRATORS, AGENTS, DAEMONS, DIRECTORY, DIRECTORY_PORT, DIRECTORY_READER, DOMAIN, GROUPS, IDP, RIGHTS, SERVICES,
                  TOWN, TOWN_PAGE, group_dn, staff_dn)

MARK = ".guichet-demo"
USERS = 61600          # numeric users of the demo's roles; nobody else's on Debian
ROLE_USERS = ["front", "engine", "reader", "signer", "tls_signer", "hasher", "courier"]


class DemoError(Exception):
    """One clear sentence for the operator."""


def run(*command, **kw):
    done = subprocess.run(command, capture_output=True, text=True, **kw)
    if done.returncode != 0:
        raise DemoError(f"{' '.join(command[:3])} … failed:\n{done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def write(path, text, mode=0o644):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(fd, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    os.chmod(path, mode)


def make_key(path, kind):
    options = {"p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
               "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]}[kind]
    run("openssl", "genpkey", *options, "-out", path)
    os.chmod(path, 0o400)


def make_authority(folder):
    make_key(f"{folder}/ca.key", "p256")
    run("openssl", "req", "-x509", "-new", "-key", f"{folder}/ca.key", "-days", "825", "-out", f"{folder}/ca.pem",
        "-subj", "/CN=Ville de demonstration (Guichet)",
        "-addext", "basicConstraints=critical,CA:TRUE,pathlen:0", "-addext", "keyUsage=critical,keyCertSign")
    os.chmod(f"{folder}/ca.pem", 0o644)


def make_certificate(folder, here, name):
    """name: as the certificate writes it, DNS:… or IP:…"""
    make_key(f"{here}/tls.key", "p256")
    write(f"{here}/tls.ext", f"subjectAltName={name}\nbasicConstraints=CA:FALSE\n"
                             "keyUsage=digitalSignature\nextendedKeyUsage=serverAuth\n")
    run("openssl", "req", "-new", "-key", f"{here}/tls.key", "-subj", f"/CN={name.split(':', 1)[1]}", "-out", f"{here}/tls.csr")
    run("openssl", "x509", "-req", "-in", f"{here}/tls.csr", "-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key",
        "-CAcreateserial", "-days", "397", "-extfile", f"{here}/tls.ext", "-out", f"{here}/tls.pem")
    os.unlink(f"{here}/tls.csr")
    os.unlink(f"{here}/tls.ext")


def make_saml_certificate(here, host, key):
    """Partners compare the key and nothing else of it, so that it may be signed by itself and live long."""
    run("openssl", "req", "-x509", "-new", "-key", f"{here}/{key}", "-days", "3650", "-subj", f"/CN={host}",
        "-out", f"{here}/saml.pem")
    os.chmod(f"{here}/saml.pem", 0o644)


def make_secret(path):
    write(path, secrets.token_bytes(32), 0o400)


def user_of(daemon, role):
    return USERS + daemon.users_offset + ROLE_USERS.index(role)


def make_idp_keys(here):
    make_key(f"{here}/es256.pem", "p256")
    make_key(f"{here}/rs256.pem", "rsa")
    make_saml_certificate(here, IDP.host, "rs256.pem")
    make_secret(f"{here}/pseudonym.secret")


def make_service_keys(here, service):
    if service.protocol == "saml":
        make_key(f"{here}/saml.key", "rsa")
        make_saml_certificate(here, service.host, "saml.key")


def make_daemon_folder(folder, daemon):
    """Whole, or not there."""
    here, half = f"{folder}/{daemon.name}", f"{folder}/{daemon.name}.making"
    shutil.rmtree(half, ignore_errors=True)
    os.makedirs(f"{half}/db")
    os.chmod(half, 0o711)
    os.chmod(f"{half}/db", 0o700)
    os.chown(f"{half}/db", user_of(daemon, "engine"), user_of(daemon, "engine"))
    make_certificate(folder, half, f"DNS:{daemon.host}")
    make_secret(f"{half}/seal.key")
    if daemon is IDP:
        make_idp_keys(half)
    if daemon in SERVICES:
        make_service_keys(half, daemon)
    os.rename(half, here)


# ---- the town hall's directory ----

def town_hall(reader_password):
    people, groups = f"ou=agents,{DIRECTORY}", f"ou=groupes,{DIRECTORY}"
    staff = [*AGENTS, *ADMINISTRATORS]
    yield directory.root_of(DIRECTORY, TOWN["town_name"])
    yield directory.unit(people)
    yield directory.unit(groups)
    yield directory.reader(DIRECTORY_READER, reader_password)
    for s in staff:
        yield directory.person(staff_dn(s.login), s.name, s.password, f"mail: {s.login}@serigny.example")
    for name, nested in GROUPS.items():
        yield directory.group(group_dn(name), *map(group_dn, nested), *(staff_dn(s.login) for s in staff if s.group == name))


def slapd_of(folder, port_base):
    # An address, not a name: what resolves names under .localhost may be missing.
    return directory.Slapd(f"{folder}/directory", DIRECTORY, [f"ldaps://127.0.0.1:{port_base + DIRECTORY_PORT}"],
                           user=USERS + 50 if os.geteuid() == 0 else None)


def make_directory(folder):
    """Whole, or not there. Its files name the folder that they will be in."""
    half, password = f"{folder}/directory", secrets.token_urlsafe(24)
    if os.path.exists(f"{half}/made"):
        return
    shutil.rmtree(half, ignore_errors=True)
    os.makedirs(half)
    make_certificate(folder, half, "IP:127.0.0.1")
    write(f"{folder}/idp/directory.password.new", password, 0o400)
    os.rename(f"{folder}/idp/directory.password.new", f"{folder}/idp/directory.password")
    slapd_of(folder, 0).create(DIRECTORY_READER, "\n".join(town_hall(password)))
    write(f"{half}/made", "")


def make_mail_folder(folder, service):
    courier = user_of(service, "courier")
    os.makedirs(f"{folder}/mail/{service.name}", exist_ok=True)
    # The courier writes 0640; the demo's page reads as the folder's group.
    os.chown(f"{folder}/mail/{service.name}", courier, user_of(TOWN_PAGE, "engine"))
    os.chmod(f"{folder}/mail/{service.name}", 0o2750)


def complete(folder):
    """What an older demo's folder lacks: its town had fewer services."""
    for daemon in DAEMONS:
        if not os.path.isdir(f"{folder}/{daemon.name}"):
            make_daemon_folder(folder, daemon)
    for service in SERVICES:
        make_mail_folder(folder, service)


def create(folder):
    """A whole new state folder, or nothing."""
    half = folder + ".making"
    shutil.rmtree(half, ignore_errors=True)
    os.makedirs(half)
    os.chmod(half, 0o755)
    write(f"{half}/{MARK}", "made by ./guichet demo; safe to remove with the folder\n")
    make_authority(half)
    os.makedirs(f"{half}/log")
    complete(half)
    os.rename(half, folder)


def ensure(folder):
    """True when the folder is new."""
    if os.path.isdir(folder) and os.listdir(folder):
        if not os.path.exists(f"{folder}/{MARK}"):
            raise DemoError(f"{folder} is not empty and is not a demo's: choose another folder with --state")
        complete(folder)
        return False
    if os.path.isdir(folder):
        os.rmdir(folder)
    os.makedirs(os.path.dirname(folder) or "/", exist_ok=True)
    create(folder)
    return True


# ---- configuration ----

def quoted(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "{" + ", ".join(quoted(v) for v in value) + "}"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def common_rows(folder, daemon, port_base, tls):
    here, port = f"{folder}/{daemon.name}", port_base + daemon.port_offset
    rows = {
        "daemon": daemon.program,
        "public_url": daemon.url(port_base, tls),
        "listen": [f"127.0.0.1:{port}"],
        "listen_metrics": f"127.0.0.1:{port + 1}",
        "control": f"{here}/control",
        "seal_key": f"{here}/seal.key",
        **TOWN,
    }
    if tls:
        rows.update(tls_certificate=f"{here}/tls.pem", tls_key=f"{here}/tls.key")
    if os.geteuid() == 0:
        rows.update({f"user_{role}": str(user_of(daemon, role)) for role in ROLE_USERS})
    return rows


def directory_rows(folder, port_base, tls):
    return {
        "directory_url": [f"ldaps://127.0.0.1:{port_base + DIRECTORY_PORT}"],
        "directory_ca": f"{folder}/ca.pem",
        "directory_bind_dn": DIRECTORY_READER,
        "directory_password": f"{folder}/idp/directory.password",
        "directory_base": f"ou=agents,{DIRECTORY}",
        "directory_groups_base": f"ou=groupes,{DIRECTORY}",
        "directory_right": RIGHTS,
        "listen_admin": f"127.0.0.1:{port_base + ADMIN_PORT}",
        "admin_url": admin_url(port_base, tls),
    }


def admin_url(port_base, tls):
    return f"{'https' if tls else 'http'}://{IDP.host}:{port_base + ADMIN_PORT}"


def idp_rows(folder, port_base, tls, store, with_directory=False):
    here = f"{folder}/idp"
    return {
        **common_rows(folder, IDP, port_base, tls),
        "store": store or f"sqlite:{here}/db/idp.db",
        "issuer": IDP.url(port_base, tls),
        "key_es256": f"{here}/es256.pem",
        "key_rs256": f"{here}/rs256.pem",
        "saml_certificate": f"{here}/saml.pem",
        "pseudonym_secret": f"{here}/pseudonym.secret",
        "courier_ca": f"{folder}/ca.pem",
        "logout_allow": [s.url(port_base, tls) for s in SERVICES],
        **(directory_rows(folder, port_base, tls) if with_directory else {}),
    }


def database(folder, service):
    return f"{folder}/{service.name}/db/{service.name}.db"


def protocol_rows(here, service):
    if service.protocol == "saml":
        return {"protocol": "saml", "saml_key": f"{here}/saml.key", "saml_certificate": f"{here}/saml.pem"}
    return {"client_id": service.name, "client_secret": f"{here}/client.secret"}


def agents_rows(here, service):
    return {"agents_client_id": f"{service.name}-agents", "agents_client_secret": f"{here}/agents.secret"}


def service_rows(folder, daemon, port_base, tls, with_directory=False):
    here = f"{folder}/{daemon.name}"
    return {
        **common_rows(folder, daemon, port_base, tls),
        "store": f"sqlite:{database(folder, daemon)}",
        "service_name": daemon.title,
        "issuer": IDP.url(port_base, tls),
        **protocol_rows(here, daemon),
        **(agents_rows(here, daemon) if with_directory else {}),
        "courier_ca": f"{folder}/ca.pem",
        "mail_folder": f"{folder}/mail/{daemon.name}",
        "mail_from": f"ne-pas-repondre@{DOMAIN}",
    }


def town_page_rows(folder, port_base, tls):
    return {**common_rows(folder, TOWN_PAGE, port_base, tls), "demo_folder": folder}


def write_configuration(path, rows):
    write(path, "".join(f"{name} = {quoted(value)}\n" for name, value in rows.items()))


def configuration_path(folder, daemon):
    return f"{folder}/{daemon.name}/{daemon.program}.conf"


def staff_json(folder, staff):
    try:
        with open(f"{folder}/totp.json", encoding="utf-8") as f:
            secret_of = json.load(f)
    except OSError:
        secret_of = {}
    return [{"login": s.login, "password": s.password, "name": s.name, **({"service": s.service, "role": s.role} if s.service else {}),
             "totp_secret": secret_of.get(s.login, "")} for s in staff]


def write_demo_json(folder, port_base, tls, accounts, pids, with_directory=False):
    issuer = IDP.url(port_base, tls)
    document = {
        "issuer": issuer,
        "discovery": f"{issuer}/.well-known/openid-configuration",
        "saml_metadata": f"{issuer}/saml/metadata",
        "ca": f"{folder}/ca.pem" if tls else None,
        "town": TOWN_PAGE.url(port_base, tls),
        "mail": f"{folder}/mail",
        "config": {d.program: configuration_path(folder, d) for d in DAEMONS},
        "databases": {s.name: database(folder, s) for s in SERVICES},
        "services": {s.name: {"url": s.url(port_base, tls) + "/", "health": s.url(port_base, tls) + "/health",
                              "protocol": s.protocol, "title": s.title} for s in SERVICES},
        "accounts": [{k: a[k] for k in ("email", "password", "given_name", "family_name")} for a in accounts],
        "pids": pids,
    }
    if with_directory:
        document["agents"] = staff_json(folder, AGENTS)
        document["administration"] = {"url": admin_url(port_base, tls) + "/", "administrators": staff_json(folder, ADMINISTRATORS)}
        document["directory"] = {"url": f"ldaps://127.0.0.1:{port_base + DIRECTORY_PORT}", "control": slapd_of(folder, port_base).control}
    # The secrets of an invented town; nobody but the town page's own user and root has a use for them.
    write(f"{folder}/demo.json.new", json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    os.rename(f"{folder}/demo.json.new", f"{folder}/demo.json")
