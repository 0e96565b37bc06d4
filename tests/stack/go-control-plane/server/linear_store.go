package main

import (
	"slices"

	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
)

// One LinearCache a type, in this order when one change is of several.
var linearTypes = []string{
	resource.SecretType,
	resource.RuntimeType,
	resource.ClusterType,
	resource.EndpointType,
	resource.ListenerType,
	resource.RouteType,
}

// linearStore serves from a LinearCache for each type, in a MuxCache: one group, whatever the node.
type linearStore struct {
	linear map[string]*cache.LinearCache
	mux    *cache.MuxCache
}

func newLinearStore() *linearStore {
	linear := map[string]*cache.LinearCache{}
	caches := map[string]cache.Cache{}
	for _, typeURL := range linearTypes {
		linear[typeURL] = cache.NewLinearCache(typeURL)
		caches[typeURL] = linear[typeURL]
	}
	return &linearStore{linear: linear, mux: &cache.MuxCache{
		Classify:      func(request *cache.Request) string { return request.GetTypeUrl() },
		ClassifyDelta: func(request *cache.DeltaRequest) string { return request.GetTypeUrl() },
		Caches:        caches,
	}}
}

func (s *linearStore) cache() cache.Cache { return s.mux }

func (s *linearStore) apply(next change) error {
	for _, typeURL := range linearTypes {
		changed, removed := withoutTTL(next.changed[typeURL]), next.removed[typeURL]
		if len(changed) == 0 && len(removed) == 0 {
			continue
		}
		if err := s.linear[typeURL].UpdateResources(changed, removed); err != nil {
			return err
		}
	}
	return nil
}

func (s *linearStore) replace(next change) error {
	for _, typeURL := range slices.Backward(linearTypes) {
		s.linear[typeURL].SetResources(withoutTTL(next.changed[typeURL]))
	}
	return nil
}

func withoutTTL(resources map[string]types.ResourceWithTTL) map[string]types.Resource {
	plain := make(map[string]types.Resource, len(resources))
	for name, each := range resources {
		plain[name] = each.Resource
	}
	return plain
}
