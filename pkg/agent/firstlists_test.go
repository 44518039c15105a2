package agent

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestStartSaysWhatItWaitsFor: a list that neither comes nor fails would else look like an agent
// that does nothing.
func TestStartSaysWhatItWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		log := slog.New(slog.NewTextHandler(&said, nil))
		workloads, roles := make(chan struct{}), make(chan struct{})
		lists := firstLists{{"Workload", workloads}, {"roles", roles}}
		time.AfterFunc(15*time.Second, func() { close(workloads) })
		time.AfterFunc(25*time.Second, func() { close(roles) })
		if !lists.await(t.Context(), log, 10*time.Second) {
			t.Fatal("it does not return with all lists")
		}
		for i, want := range []string{`resources="[Workload roles]"`, `resources=[roles]`} {
			if lines := strings.Split(said.String(), "\n"); len(lines) != 3 || !strings.Contains(lines[i], want) {
				t.Errorf("want two lines, and in line %d: %s\nhave:\n%s", i+1, want, said.String())
			}
		}

		gone, end := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, end)
		if (firstLists{{"Workload", make(chan struct{})}}).await(gone, log, 10*time.Second) {
			t.Error("told to stop, it says that all lists are there")
		}
	})
}
