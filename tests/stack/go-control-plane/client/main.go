// A client of xDS for measurements: many streams in one process, which ask as Envoy does, and times per stream taken where the
// bytes arrive. It is the same for every server. The scenario is a file of JSON; the result is printed as JSON.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"
)

// scenario is what the file says.
type scenario struct {
	Target      string `json:"target"`
	Protocol    string `json:"protocol"` // delta or sotw
	Connections int    `json:"connections"`
	Streams     int    `json:"streams"`
	// DistinctNodes gives every stream a node id of its own.
	DistinctNodes bool           `json:"distinct_nodes"`
	Group         string         `json:"group"`
	Types         []subscription `json:"types"`
	// Kind is sync, push, churn, reconnect or nack.
	Kind string `json:"kind"`
	// Control is where changes are posted.
	Control string   `json:"control"`
	Changes []change `json:"changes"`
	// WarmUp is how many of the changes are not counted.
	WarmUp int `json:"warm_up"`
	// PerSecond is the rate of the changes of churn.
	PerSecond int `json:"per_second"`
	// LimitMs ends churn when the server cannot take the changes at that rate.
	LimitMs int `json:"limit_ms"`
	// ListenMs is how long what follows NACKs is listened to.
	ListenMs int `json:"listen_ms"`
	// TimeoutMs bounds every wait.
	TimeoutMs int `json:"timeout_ms"`
}

// subscription is a type that every stream asks for.
type subscription struct {
	TypeURL string `json:"type_url"`
	// Names to ask for; none: the wildcard.
	Names []string `json:"names"`
	// Expect is how many resources there are for it.
	Expect int `json:"expect"`
	// After is the type that has to be complete first, as clusters before their endpoints; empty: none.
	After string `json:"after"`
}

// change is one change of the configuration, and how it is recognised.
type change struct {
	// Body is posted as it is.
	Body    json.RawMessage `json:"body"`
	TypeURL string          `json:"type_url"`
	Name    string          `json:"name"`
	// Resource is what streams get.
	Resource []byte `json:"resource"`
}

func (s *scenario) timeout() time.Duration { return time.Duration(s.TimeoutMs) * time.Millisecond }

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: client <scenario.json>")
	}
	content, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var given scenario
	if err := json.Unmarshal(content, &given); err != nil {
		log.Fatal(err)
	}
	result, err := run(&given)
	if err != nil {
		log.Fatal(err)
	}
	printed, err := json.Marshal(result)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(printed))
}
