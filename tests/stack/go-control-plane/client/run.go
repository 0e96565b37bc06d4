package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// result is what is printed. Times are milliseconds.
type result struct {
	// SyncMs is from the first connection until the last stream had everything.
	SyncMs float64 `json:"sync_ms"`
	// Rounds are of push: how long each stream waited for one change, from before it was posted.
	Rounds []round `json:"rounds,omitempty"`
	// Delivered are of churn: how long after its posting each change arrived that did arrive.
	Delivered *round `json:"delivered,omitempty"`
	// Posted is how many changes churn made.
	Posted int `json:"posted,omitempty"`
	// PerSecond is the rate at which churn's changes could be posted.
	PerSecond float64 `json:"per_second,omitempty"`
	// LastMs is from the last change, or from reconnecting, until the last stream had it.
	LastMs float64 `json:"last_ms,omitempty"`
	// Responses, Resources and Refusals count what came, and NACKs, after the first synchronisation.
	Responses int64 `json:"responses"`
	Resources int64 `json:"resources"`
	Refusals  int64 `json:"refusals"`
}

// round is a distribution of times over streams, milliseconds.
type round struct {
	P50   float64 `json:"p50"`
	P99   float64 `json:"p99"`
	Last  float64 `json:"last"`
	Count int     `json:"count"`
}

func roundOf(times []time.Duration) round {
	if len(times) == 0 {
		return round{}
	}
	slices.Sort(times)
	at := func(share float64) float64 { return milliseconds(times[int(share*float64(len(times)-1))]) }
	return round{P50: at(0.5), P99: at(0.99), Last: at(1), Count: len(times)}
}

func milliseconds(duration time.Duration) float64 { return float64(duration.Microseconds()) / 1000 }

func run(given *scenario) (*result, error) {
	all := &fleet{scenario: given}
	arrivals := newArrivals(given)
	began := time.Now()
	first := true
	err := all.connect(nil, func(opened *stream) {
		opened.onResource = arrivals.note
		if first && given.Kind == "reconnect" {
			opened.have = map[string]map[string]string{}
			for _, each := range given.Types {
				opened.have[each.TypeURL] = map[string]string{}
			}
		}
		first = false
	})
	if err != nil {
		return nil, err
	}
	if err := all.whenComplete(); err != nil {
		return nil, err
	}
	printed := &result{SyncMs: milliseconds(time.Since(began))}
	all.responses.Store(0)
	all.resources.Store(0)
	switch given.Kind {
	case "sync":
	case "push":
		err = push(given, arrivals, printed)
	case "churn":
		err = churn(given, arrivals, printed)
	case "reconnect":
		err = reconnect(all, arrivals, printed)
	case "nack":
		err = nack(all, printed)
	default:
		err = fmt.Errorf("kind %q is not known", given.Kind)
	}
	printed.Responses, printed.Resources = all.responses.Load(), all.resources.Load()
	printed.Refusals = all.refusals.Load()
	all.disconnect()
	return printed, err
}

func post(given *scenario, index int) error {
	answer, err := http.Post(given.Control, "application/json", bytes.NewReader(given.Changes[index].Body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= 300 {
		err = fmt.Errorf("the change was answered with %s: %s", answer.Status, said)
	}
	return err
}

// push makes one change after another, each when all streams have the one before.
func push(given *scenario, arrivals *arrivals, printed *result) error {
	for index := range given.Changes {
		began := time.Now()
		arrivals.expect(index, began)
		if err := post(given, index); err != nil {
			return err
		}
		times, err := arrivals.wait(index, given.Streams, given.timeout())
		if err != nil {
			return err
		}
		if index >= given.WarmUp {
			printed.Rounds = append(printed.Rounds, roundOf(times))
		}
	}
	return nil
}

// churn makes changes at a rate, as many as the server takes in time, and does not wait for the streams but for the last change.
func churn(given *scenario, arrivals *arrivals, printed *result) error {
	began := time.Now()
	limit := time.Duration(given.LimitMs) * time.Millisecond
	posted := 0
	for posted < len(given.Changes) && time.Since(began) < limit {
		due := began.Add(time.Duration(posted) * time.Second / time.Duration(given.PerSecond))
		time.Sleep(time.Until(due))
		arrivals.expect(posted, time.Now())
		if err := post(given, posted); err != nil {
			return err
		}
		posted++
	}
	last := time.Now()
	printed.Posted = posted
	printed.PerSecond = float64(posted) / last.Sub(began).Seconds()
	if _, err := arrivals.wait(posted-1, given.Streams, given.timeout()); err != nil {
		return err
	}
	printed.LastMs = milliseconds(time.Since(last))
	var times []time.Duration
	for index := range posted {
		times = append(times, arrivals.of(index)...)
	}
	delivered := roundOf(times)
	printed.Delivered = &delivered
	return nil
}

// reconnect ends all streams, makes a change, and comes back with the versions that the streams have: the change alone is to come.
func reconnect(all *fleet, arrivals *arrivals, printed *result) error {
	initial := initialVersions(all.streams[0].have)
	all.disconnect()
	if err := post(all.scenario, 0); err != nil {
		return err
	}
	began := time.Now()
	arrivals.expect(0, began)
	if err := all.connect(initial, func(opened *stream) { opened.onResource = arrivals.note }); err != nil {
		return err
	}
	times, err := arrivals.wait(0, all.scenario.Streams, all.scenario.timeout())
	if err != nil {
		return err
	}
	printed.Rounds = []round{roundOf(times)}
	printed.LastMs = printed.Rounds[0].Last
	return nil
}

// nack refuses whatever comes after one change.
func nack(all *fleet, _ *result) error {
	all.refusing.Store(true)
	if err := post(all.scenario, 0); err != nil {
		return err
	}
	time.Sleep(time.Duration(all.scenario.ListenMs) * time.Millisecond)
	return nil
}

// arrivals knows when each change was made and when each stream got it.
type arrivals struct {
	mu      sync.Mutex
	byBytes map[string]int
	began   []time.Time
	times   [][]time.Duration
	changed *sync.Cond
}

func newArrivals(given *scenario) *arrivals {
	made := &arrivals{
		byBytes: map[string]int{},
		began:   make([]time.Time, len(given.Changes)),
		times:   make([][]time.Duration, len(given.Changes)),
	}
	for index, each := range given.Changes {
		made.byBytes[string(each.Resource)] = index
	}
	made.changed = sync.NewCond(&made.mu)
	return made
}

func (a *arrivals) expect(index int, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.began[index] = at
}

func (a *arrivals) note(at time.Time, _ string, resource receivedResource) {
	index, known := a.byBytes[string(resource.body)]
	if !known {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.began[index].IsZero() {
		return
	}
	a.times[index] = append(a.times[index], at.Sub(a.began[index]))
	a.changed.Broadcast()
}

func (a *arrivals) of(index int) []time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.times[index])
}

// wait blocks until a change has arrived as often as there are streams.
func (a *arrivals) wait(index, count int, timeout time.Duration) ([]time.Duration, error) {
	deadline := time.Now().Add(timeout)
	alarm := time.AfterFunc(timeout+time.Millisecond, a.changed.Broadcast)
	defer alarm.Stop()
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.times[index]) < count {
		if !time.Now().Before(deadline) {
			return nil, fmt.Errorf("change %d came to %d of %d streams within %v", index, len(a.times[index]), count, timeout)
		}
		a.changed.Wait()
	}
	return slices.Clone(a.times[index]), nil
}
