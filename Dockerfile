# Porthole in a container: docs/running.md says how to build and run it. It runs as the ordinary user "node".
FROM node:24-bookworm-slim AS build
WORKDIR /opt/porthole
COPY . .
# Removes the Node.js that npm installs for machines with an older one: the image has Node.js 24.
RUN npm ci --no-audit --no-fund && npm run build && npm prune --omit=dev --no-audit --no-fund && rm -rf node_modules/node-linux-*

FROM node:24-bookworm-slim
WORKDIR /opt/porthole
COPY --from=build /opt/porthole/package.json /opt/porthole/package-lock.json /opt/porthole/LICENSE ./
COPY --from=build /opt/porthole/scripts/start.mjs /opt/porthole/scripts/install.mjs ./scripts/
COPY --from=build /opt/porthole/node_modules ./node_modules
COPY --from=build /opt/porthole/dist ./dist
RUN install -d -o node -g node -m 0700 /data
USER node
VOLUME /data
EXPOSE 8080
# Listens on all addresses of the container; `docker run -p` decides what is published.
CMD ["node", "scripts/start.mjs", "--host", "0.0.0.0", "--data", "/data"]
