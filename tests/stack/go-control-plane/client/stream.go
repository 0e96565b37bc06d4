package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
)

const (
	deltaMethod = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
	sotwMethod  = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"
)

// stream is one ADS stream that answers every response. Its fields are touched by its own goroutine, besides the atomic ones.
type stream struct {
	scenario *scenario
	call     grpc.ClientStream
	cancel   context.CancelFunc
	node     []byte
	said     bool
	counts   map[string]int
	asked    map[string]bool
	versions map[string]string // of the state of the world: the version that it has of each type
	// have are the versions of resources, for a stream that comes back; nil: they are not kept.
	have map[string]map[string]string
	// onResource is called with what arrives.
	onResource func(at time.Time, typeURL string, resource receivedResource)
	refusing   *atomic.Bool
	responses  *atomic.Int64
	resources  *atomic.Int64
	refusals   *atomic.Int64
	complete   chan error
}

func (s *stream) delta() bool { return s.scenario.Protocol != "sotw" }

// open begins the call and asks for the types that wait for no other.
func (s *stream) open(connection *grpc.ClientConn, initial map[string][]byte) error {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	method := deltaMethod
	if !s.delta() {
		method = sotwMethod
	}
	call, err := connection.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, method,
		grpc.ForceCodec(rawCodec{}), grpc.MaxCallRecvMsgSize(1<<30))
	if err != nil {
		return err
	}
	s.call = call
	for _, each := range s.scenario.Types {
		if each.After == "" || initial != nil {
			if err := s.ask(each, initial[each.TypeURL]); err != nil {
				return err
			}
		}
	}
	go s.receive()
	return nil
}

// ask subscribes to a type; initial is an encoded part of the request, the versions that the client has.
func (s *stream) ask(each subscription, initial []byte) error {
	s.asked[each.TypeURL] = true
	request := s.introduced()
	if s.delta() {
		request = appendText(request, deltaTypeURL, each.TypeURL)
		for _, name := range each.Names {
			request = appendText(request, deltaSubscribe, name)
		}
		return s.call.SendMsg(append(request, initial...))
	}
	request = appendText(request, sotwTypeURL, each.TypeURL)
	for _, name := range each.Names {
		request = appendText(request, sotwNames, name)
	}
	return s.call.SendMsg(request)
}

func (s *stream) introduced() []byte {
	if s.said {
		return nil
	}
	s.said = true
	if s.delta() {
		return appendMessage(nil, deltaNode, s.node)
	}
	return appendMessage(nil, sotwNode, s.node)
}

func (s *stream) receive() {
	for {
		var message []byte
		if err := s.call.RecvMsg(&message); err != nil {
			s.finish(err)
			return
		}
		at := time.Now()
		response, err := parseResponse(message, s.delta())
		if err == nil {
			err = s.take(at, response)
		}
		if err != nil {
			s.finish(err)
			return
		}
	}
}

func (s *stream) take(at time.Time, response received) error {
	s.responses.Add(1)
	s.resources.Add(int64(len(response.resources)))
	for _, resource := range response.resources {
		if s.have != nil {
			s.have[response.typeURL][resource.name] = resource.version
		}
		if s.onResource != nil {
			s.onResource(at, response.typeURL, resource)
		}
	}
	if err := s.answer(response); err != nil {
		return err
	}
	s.counts[response.typeURL] += len(response.resources)
	return s.proceed(response.typeURL)
}

// answer accepts or refuses a response.
func (s *stream) answer(response received) error {
	refused := s.refusing.Load()
	if refused {
		s.refusals.Add(1)
	}
	if s.delta() {
		request := appendText(appendText(nil, deltaTypeURL, response.typeURL), deltaNonce, response.nonce)
		if refused {
			request = appendMessage(request, deltaError, refusal("refused by the measurement"))
		}
		return s.call.SendMsg(request)
	}
	request := appendText(appendText(nil, sotwTypeURL, response.typeURL), sotwNonce, response.nonce)
	for _, each := range s.scenario.Types {
		if each.TypeURL == response.typeURL {
			for _, name := range each.Names {
				request = appendText(request, sotwNames, name)
			}
		}
	}
	if refused {
		request = appendMessage(request, sotwError, refusal("refused by the measurement"))
	} else {
		s.versions[response.typeURL] = response.version
	}
	return s.call.SendMsg(appendText(request, sotwVersion, s.versions[response.typeURL]))
}

// proceed asks for what follows a type that is complete, and says when all are.
func (s *stream) proceed(typeURL string) error {
	all := true
	for _, each := range s.scenario.Types {
		if s.counts[each.TypeURL] < each.Expect {
			all = false
		}
		if each.After == typeURL && !s.asked[each.TypeURL] && s.isComplete(typeURL) {
			if err := s.ask(each, nil); err != nil {
				return err
			}
		}
	}
	if all {
		s.finish(nil)
	}
	return nil
}

func (s *stream) isComplete(typeURL string) bool {
	for _, each := range s.scenario.Types {
		if each.TypeURL == typeURL {
			return s.counts[typeURL] >= each.Expect
		}
	}
	return true
}

// finish says once that the stream is complete, or why it never will be.
func (s *stream) finish(err error) {
	if err != nil {
		err = fmt.Errorf("a stream ended: %w", err)
	}
	select {
	case s.complete <- err:
	default:
	}
}
