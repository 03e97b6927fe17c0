#!/bin/sh
# Which files do a few programs of Debian need, and nothing else? Copies the programs, the libraries that the linker
# loads for them, their settings, their licences, and the records by which scanners know packages. Arguments: ROOT PROGRAM…
set -eu

root=$1
shift
for directory in bin sbin lib lib64; do
  mkdir -p "$root/usr/$directory"
  ln -s "usr/$directory" "$root/$directory"
done
mkdir -p "$root/etc" "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/var/lib/dpkg/status.d"
mkdir -m 1777 "$root/tmp"
echo "root:x:0:0:root:/root:/sbin/nologin" >"$root/etc/passwd"
echo "root:x:0:" >"$root/etc/group"
# The names that `ip` knows for protocols, scopes and tables.
cp -R /etc/iproute2 "$root/etc/"

# The package that a file is of. It may have been recorded before /bin became a link into /usr.
package_of() {
  dpkg-query --search "$1" 2>/dev/null || dpkg-query --search "${1#/usr}" 2>/dev/null ||
    dpkg-query --search "/usr$1"
}

# A library comes under its own name and the one that the linker looks for: libbpf reads its version from the first.
keep() {
  file=$(readlink --canonicalize "$1")
  mkdir -p "$root$(dirname "$file")" "$root$(dirname "$1")"
  cp "$file" "$root$file"
  [ -e "$root$1" ] || ln --symbolic --relative "$root$file" "$root$1"
  package=$(package_of "$1" | head -n 1 | cut -d : -f 1)
  [ ! -e "$root/var/lib/dpkg/status.d/$package" ] || return 0
  dpkg-query --status "$package" >"$root/var/lib/dpkg/status.d/$package"
  mkdir -p "$root/usr/share/doc/$package"
  cp --dereference "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/"
}

for program in "$@"; do
  keep "$program"
  # A static program makes ldd exit with 1 and name nothing.
  for library in $(ldd "$program" | grep -Eo '/[^ )]+' || true); do
    keep "$library"
  done
done
