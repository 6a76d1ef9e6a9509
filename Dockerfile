# Porthole in a container: docs/running.md says how to build and run it. It runs as the ordinary user "node".
FROM node:24-bookworm-slim AS build
WORKDIR /opt/porthole
COPY . .
RUN npm ci --omit=dev --no-audit --no-fund && npm run build

FROM node:24-bookworm-slim
WORKDIR /opt/porthole
COPY --from=build /opt/porthole .
RUN install -d -o node -g node -m 0700 /data
USER node
VOLUME /data
EXPOSE 8080
# The address is the container's own; what is published to the outside says `docker run -p`.
CMD ["node", "scripts/start.mjs", "--host", "0.0.0.0", "--data", "/data"]
