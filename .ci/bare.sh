#!/usr/bin/env bash
# Runs both commands of the README as on a machine with a JDK, Maven and git alone: as a user without rights, with an empty
# home and a PATH that holds the JDK, Maven, git, bash and coreutils. As root, on Debian.
#   .ci/bare.sh                         both commands
#   .ci/bare.sh --only DatastorageTest  the tests alone, with options of theirs
# The Maven repository of the caller is copied for speed if there is one and BARE_COLD is not set; its settings are handed over.
set -euo pipefail
cd "$(dirname "$0")/.."
user=runbooks-bare

fail() { echo "bare.sh: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail "run it as root"
for needed in setpriv useradd java mvn git; do command -v "$needed" >/dev/null || fail "there is no $needed"; done

home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
chmod 755 "$home"

# PostgreSQL wants to know the name of the user that it runs as, and Java the home from the same place.
if id "$user" >/dev/null 2>&1; then usermod --home "$home/home" "$user"; else useradd --system --home-dir "$home/home" "$user"; fi

mkdir "$home/bin" "$home/home"
jdk=$(dirname "$(readlink -f "$(command -v javac)")")
ln -s "$jdk"/* "$home/bin"
for program in mvn git bash sh $(dpkg -L coreutils | grep -E '^(/usr)?/bin/' | xargs -n 1 basename); do
  ln -sf "$(command -v "$program")" "$home/bin"
done

# What is committed, as a reader clones it.
git clone -q --no-hardlinks . "$home/project"
for file in settings.xml settings-security.xml; do
  [ ! -e ~/.m2/$file ] || install -D -m 600 ~/.m2/"$file" "$home/home/.m2/$file"
done
if [ -d ~/.m2/repository ] && [ -z "${BARE_COLD:-}" ]; then
  mkdir -p "$home/home/.m2"
  cp -r ~/.m2/repository "$home/home/.m2"
fi
chown -R "$user:" "$home/home" "$home/project"

bare() {
  (cd "$home/project" && env -i HOME="$home/home" USER="$user" PATH="$home/bin" LANG=C.UTF-8 \
    ${MAVEN_OPTS:+"MAVEN_OPTS=$MAVEN_OPTS"} ${MAVEN_ARGS:+"MAVEN_ARGS=$MAVEN_ARGS"} \
    "$(command -v setpriv)" --reuid="$user" --regid="$user" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@")
}

status=0
if [ $# -eq 0 ]; then
  echo "bare machine: ./jbangw schema-mismatch"
  bare ./jbangw schema-mismatch || status=$?
fi
echo "bare machine: ./jbangw test $*"
bare ./jbangw test "$@" || status=$?
exit "$status"
