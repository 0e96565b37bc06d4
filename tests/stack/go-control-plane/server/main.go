// The reference implementation of xDS as a process: go-control-plane's caches and server, with a control port over HTTP that
// takes resources as bytes, so that it serves exactly what Headgate serves.
//
// It prints "READY xds=<port> control=<port>".
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	clusters "github.com/envoyproxy/go-control-plane/envoy/service/cluster/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	endpoints "github.com/envoyproxy/go-control-plane/envoy/service/endpoint/v3"
	listeners "github.com/envoyproxy/go-control-plane/envoy/service/listener/v3"
	routes "github.com/envoyproxy/go-control-plane/envoy/service/route/v3"
	runtimes "github.com/envoyproxy/go-control-plane/envoy/service/runtime/v3"
	secrets "github.com/envoyproxy/go-control-plane/envoy/service/secret/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/config"
	"github.com/envoyproxy/go-control-plane/pkg/server/sotw/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
)

// As in go-control-plane's own examples: gRPC's default for Go allows too few streams on a connection.
const maxConcurrentStreams = 1_000_000

// byCluster puts nodes of one cluster name into one group with one snapshot.
type byCluster struct{}

func (byCluster) ID(node *core.Node) string { return node.GetCluster() }

func main() {
	kind := flag.String("cache", "snapshot", "snapshot or linear")
	ads := flag.Bool("ads", true, "hold responses until all resources are named, and keep their order")
	consistent := flag.Bool("consistent", false, "refuse snapshots that are not consistent by go-control-plane's own check")
	heartbeat := flag.Duration("heartbeat", 0, "time between heartbeats of resources with a TTL; 0: none")
	flag.Parse()

	ctx := context.Background()
	var held store
	switch *kind {
	case "snapshot":
		held = newSnapshotStore(ctx, *ads, *consistent, *heartbeat)
	case "linear":
		held = newLinearStore()
	default:
		log.Fatalf("-cache %s: snapshot or linear", *kind)
	}

	options := []config.XDSOption{}
	if *ads {
		options = append(options, sotw.WithOrderedADS())
	}
	xds := server.NewServer(ctx, held.cache(), nil, options...)
	grpcServer := grpc.NewServer(grpc.MaxConcurrentStreams(maxConcurrentStreams))
	discovery.RegisterAggregatedDiscoveryServiceServer(grpcServer, xds)
	clusters.RegisterClusterDiscoveryServiceServer(grpcServer, xds)
	endpoints.RegisterEndpointDiscoveryServiceServer(grpcServer, xds)
	listeners.RegisterListenerDiscoveryServiceServer(grpcServer, xds)
	routes.RegisterRouteDiscoveryServiceServer(grpcServer, xds)
	runtimes.RegisterRuntimeDiscoveryServiceServer(grpcServer, xds)
	secrets.RegisterSecretDiscoveryServiceServer(grpcServer, xds)

	xdsListener, controlListener := listen(), listen()
	go func() { log.Fatal(grpcServer.Serve(xdsListener)) }()
	fmt.Printf("READY xds=%d control=%d\n", portOf(xdsListener), portOf(controlListener))
	control := &http.Server{Handler: controlOf(held, &server.HTTPGateway{Server: xds}), ReadHeaderTimeout: time.Minute}
	log.Fatal(control.Serve(controlListener))
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	return listener
}

func portOf(listener net.Listener) int { return listener.Addr().(*net.TCPAddr).Port }

var _ cache.NodeHash = byCluster{}
