package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"time"

	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// wireChange is what the control port takes: resources as bytes of their protobuf, in base64.
type wireChange struct {
	Group   string `json:"group"`
	Changed []struct {
		TypeURL string `json:"type_url"`
		Name    string `json:"name"`
		Body    []byte `json:"body"`
		TTLMs   int64  `json:"ttl_ms"`
	} `json:"changed"`
	Removed []struct {
		TypeURL string `json:"type_url"`
		Name    string `json:"name"`
	} `json:"removed"`
}

// change is a wireChange with its resources parsed, by type URL.
type change struct {
	group   string
	changed map[string]map[string]types.ResourceWithTTL
	removed map[string][]string
}

// store holds what is served.
type store interface {
	cache() cache.Cache
	apply(change) error
	replace(change) error
}

// controlOf serves POST /apply, POST /replace, POST /canonical (resources as Go writes them), GET /heap (bytes in use after a
// collection), and REST discovery below /v3.
func controlOf(held store, gateway *server.HTTPGateway) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /apply", changing(held.apply))
	mux.HandleFunc("POST /replace", changing(held.replace))
	mux.HandleFunc("POST /canonical", canonical)
	mux.HandleFunc("GET /heap", func(writer http.ResponseWriter, _ *http.Request) {
		runtime.GC()
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		_, _ = fmt.Fprint(writer, memory.HeapAlloc)
	})
	mux.HandleFunc("POST /v3/", func(writer http.ResponseWriter, request *http.Request) {
		body, status, err := gateway.ServeHTTP(request)
		if err != nil {
			http.Error(writer, err.Error(), status)
			return
		}
		writer.WriteHeader(status)
		_, _ = writer.Write(body)
	})
	return mux
}

// canonical answers with the bodies of a change as go-control-plane serves them: Go may order fields differently.
func canonical(writer http.ResponseWriter, request *http.Request) {
	var wire wireChange
	if err := json.NewDecoder(request.Body).Decode(&wire); err != nil {
		http.Error(writer, err.Error(), http.StatusBadRequest)
		return
	}
	bodies := make([][]byte, 0, len(wire.Changed))
	for _, each := range wire.Changed {
		message, err := anypb.UnmarshalNew(&anypb.Any{TypeUrl: each.TypeURL, Value: each.Body}, proto.UnmarshalOptions{})
		if err != nil {
			http.Error(writer, err.Error(), http.StatusBadRequest)
			return
		}
		body, err := cache.MarshalResource(message)
		if err != nil {
			http.Error(writer, err.Error(), http.StatusBadRequest)
			return
		}
		bodies = append(bodies, body)
	}
	_ = json.NewEncoder(writer).Encode(bodies)
}

func changing(apply func(change) error) http.HandlerFunc {
	return func(writer http.ResponseWriter, request *http.Request) {
		parsed, err := parseChange(request)
		if err == nil {
			err = apply(parsed)
		}
		if err != nil {
			http.Error(writer, err.Error(), http.StatusBadRequest)
		}
	}
}

func parseChange(request *http.Request) (change, error) {
	var wire wireChange
	if err := json.NewDecoder(request.Body).Decode(&wire); err != nil {
		return change{}, err
	}
	parsed := change{
		group:   wire.Group,
		changed: map[string]map[string]types.ResourceWithTTL{},
		removed: map[string][]string{},
	}
	for _, each := range wire.Changed {
		message, err := anypb.UnmarshalNew(&anypb.Any{TypeUrl: each.TypeURL, Value: each.Body}, proto.UnmarshalOptions{})
		if err != nil {
			return change{}, fmt.Errorf("%s: %w", each.Name, err)
		}
		if parsed.changed[each.TypeURL] == nil {
			parsed.changed[each.TypeURL] = map[string]types.ResourceWithTTL{}
		}
		resource := types.ResourceWithTTL{Resource: message}
		if each.TTLMs > 0 {
			ttl := time.Duration(each.TTLMs) * time.Millisecond
			resource.TTL = &ttl
		}
		parsed.changed[each.TypeURL][each.Name] = resource
	}
	for _, each := range wire.Removed {
		parsed.removed[each.TypeURL] = append(parsed.removed[each.TypeURL], each.Name)
	}
	return parsed, nil
}
