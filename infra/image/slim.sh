#!/bin/sh
# Leaves of a Python image what a service needs at run time. Runs as root in a stage whose files become
# the only layer of the image: what is removed here is in no layer. Needs binutils; removes it, too.
#
#   slim.sh VENV
set -eu

# Libraries' tests, sources of what is compiled, and symbols for debuggers. Libraries that a wheel
# brought along (*.libs) were laid out by other tools and stay as they are.
find "$1" -depth -type d -name tests -exec rm -rf {} +
find "$1" -type f \( -name '*.c' -o -name '*.cpp' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.pyi' -o -name '*.h' \) \
  -delete
find "$1" -type f -name '*.so*' ! -path '*.libs/*' -exec strip --strip-unneeded {} +

# Installers, and what of Python only builds, tests or shows.
stdlib=$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/site-packages/pip* /usr/share/python-wheels "$stdlib/ensurepip" \
  "$stdlib/idlelib" "$stdlib/pydoc_data" "$stdlib/test" "$stdlib/turtledemo"
apt-get -qq purge -y binutils 'binutils-*' libbinutils >/dev/null
apt-get -qq autoremove --purge -y >/dev/null
dpkg --purge --force-depends --force-remove-essential --force-remove-protected \
  apt diffutils findutils libapt-pkg7.0 libdb5.3t64 login login.defs mount passwd perl-base sqv tar util-linux \
  >/dev/null 2>&1
# /var/lib/dpkg/status stays: scanners read there what is installed.
rm -rf /usr/lib/*-linux-gnu/gconv /usr/lib/*-linux-gnu/perl-base /usr/share/doc /usr/share/man /usr/share/zsh \
  /var/cache /var/lib/apt /var/lib/dpkg/info /var/log
