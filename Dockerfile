# The result holds the binary, certificates and time zones, nothing else: no shell, no package manager, not root.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /out/switchboard ./cmd/switchboard \
 && mkdir -p /out/data /out/tmp /out/etc /out/licenses \
 && echo 'nonroot:x:65532:65532:nonroot:/data:/sbin/nologin' >/out/etc/passwd \
 && cp "$(go env GOROOT)/lib/time/zoneinfo.zip" /out/zoneinfo.zip \
 && cp LICENSE THIRD_PARTY.md /out/licenses/

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/etc/passwd /etc/passwd
COPY --from=build /out/zoneinfo.zip /zoneinfo.zip
COPY --from=build /out/licenses /licenses
COPY --from=build --chown=65532:65532 /out/tmp /tmp
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/switchboard /switchboard
ENV ZONEINFO=/zoneinfo.zip \
    SWITCHBOARD_ADDR=0.0.0.0:8080 \
    SWITCHBOARD_ADMIN_ADDR=0.0.0.0:9090 \
    SWITCHBOARD_DATA_DIR=/data
USER 65532:65532
VOLUME /data
EXPOSE 8080 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["/switchboard", "health"]
ENTRYPOINT ["/switchboard"]
CMD ["serve"]
