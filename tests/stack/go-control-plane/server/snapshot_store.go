package main

import (
	"context"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
)

// snapshotStore serves from a SnapshotCache: each change makes a new snapshot, and types that did not change keep their version.
type snapshotStore struct {
	ctx        context.Context
	snapshots  cache.SnapshotCache
	consistent bool
	mu         sync.Mutex
	held       map[string]*cache.Snapshot
	version    int
}

func newSnapshotStore(ctx context.Context, ads, consistent bool, heartbeat time.Duration) *snapshotStore {
	snapshots := cache.NewSnapshotCache(ads, byCluster{}, nil)
	if heartbeat > 0 {
		snapshots = cache.NewSnapshotCacheWithHeartbeating(ctx, ads, byCluster{}, nil, heartbeat)
	}
	return &snapshotStore{ctx: ctx, snapshots: snapshots, consistent: consistent, held: map[string]*cache.Snapshot{}}
}

func (s *snapshotStore) cache() cache.Cache { return s.snapshots }

func (s *snapshotStore) apply(next change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.held[next.group]
	if before == nil {
		before = &cache.Snapshot{}
	}
	return s.set(next, before.Resources)
}

func (s *snapshotStore) replace(next change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var empty [types.UnknownType]cache.Resources
	for responseType := range empty {
		empty[responseType].Version = s.nextVersion()
	}
	return s.set(next, empty)
}

func (s *snapshotStore) set(next change, resources [types.UnknownType]cache.Resources) error {
	touched := map[string]bool{}
	for typeURL := range next.changed {
		touched[typeURL] = true
	}
	for typeURL := range next.removed {
		touched[typeURL] = true
	}
	for typeURL := range touched {
		responseType := cache.GetResponseType(typeURL)
		items := maps.Clone(resources[responseType].Items)
		if items == nil {
			items = map[string]types.ResourceWithTTL{}
		}
		maps.Copy(items, next.changed[typeURL])
		for _, name := range next.removed[typeURL] {
			delete(items, name)
		}
		resources[responseType] = cache.Resources{Version: s.nextVersion(), Items: items}
	}
	snapshot := &cache.Snapshot{Resources: resources}
	if s.consistent {
		if err := snapshot.Consistent(); err != nil {
			return err
		}
	}
	s.held[next.group] = snapshot
	return s.snapshots.SetSnapshot(s.ctx, next.group, snapshot)
}

func (s *snapshotStore) nextVersion() string {
	s.version++
	return strconv.Itoa(s.version)
}
