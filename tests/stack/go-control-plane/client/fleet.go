package main

import (
	"fmt"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/encoding/protowire"
)

// fleet is all streams of a scenario.
type fleet struct {
	scenario    *scenario
	connections []*grpc.ClientConn
	streams     []*stream
	refusing    atomic.Bool
	responses   atomic.Int64
	resources   atomic.Int64
	refusals    atomic.Int64
}

// connect opens every stream; initial are, by type URL, the encoded versions that the streams come back with.
func (f *fleet) connect(initial map[string][]byte, prepare func(*stream)) error {
	f.connections, f.streams = nil, nil
	for range f.scenario.Connections {
		connection, err := grpc.NewClient(f.scenario.Target,
			grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithReadBufferSize(64*1024))
		if err != nil {
			return err
		}
		f.connections = append(f.connections, connection)
	}
	for index := range f.scenario.Streams {
		id := "proxy"
		if f.scenario.DistinctNodes {
			id = fmt.Sprintf("proxy-%d", index)
		}
		opened := &stream{
			scenario:  f.scenario,
			node:      nodeOf(id, f.scenario.Group),
			counts:    map[string]int{},
			asked:     map[string]bool{},
			versions:  map[string]string{},
			refusing:  &f.refusing,
			responses: &f.responses,
			resources: &f.resources,
			refusals:  &f.refusals,
			complete:  make(chan error, 1),
		}
		if prepare != nil {
			prepare(opened)
		}
		if err := opened.open(f.connections[index%len(f.connections)], initial); err != nil {
			return err
		}
		f.streams = append(f.streams, opened)
	}
	return nil
}

// whenComplete waits until every stream has all that is expected.
func (f *fleet) whenComplete() error {
	deadline := time.After(f.scenario.timeout())
	for index, each := range f.streams {
		select {
		case err := <-each.complete:
			if err != nil {
				return err
			}
		case <-deadline:
			return fmt.Errorf("stream %d of %d is not complete after %v: %d responses, %d resources in all",
				index, len(f.streams), f.scenario.timeout(), f.responses.Load(), f.resources.Load())
		}
	}
	return nil
}

// disconnect ends all connections at once.
func (f *fleet) disconnect() {
	for _, each := range f.streams {
		each.cancel()
	}
	for _, connection := range f.connections {
		_ = connection.Close()
	}
}

// initialVersions encodes what a stream has as initial_resource_versions, by type URL.
func initialVersions(have map[string]map[string]string) map[string][]byte {
	encoded := map[string][]byte{}
	for typeURL, versions := range have {
		part := []byte{}
		for name, version := range versions {
			part = protowire.AppendTag(part, deltaInitialVersions, protowire.BytesType)
			part = protowire.AppendBytes(part, appendText(appendText(nil, 1, name), 2, version))
		}
		encoded[typeURL] = part
	}
	return encoded
}
