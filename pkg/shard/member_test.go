package shard

import (
	"errors"
	"testing"
)

// TestHolding: what a member holds shrinks with each view that it adopts, and grows only by
// agreement.
func TestHolding(t *testing.T) {
	t.Parallel()
	// owned is a key that a member wins in a view.
	owned := func(v View, by string) Key {
		for _, key := range keys(1000) {
			if v.Winner(key) == by {
				return key
			}
		}
		t.Fatal("nobody wins")
		return 0
	}
	of := func(views map[string]View) map[string]Record {
		records := map[string]Record{}
		for id, view := range views {
			records[id] = Record{View: view}
		}
		return records
	}
	m := NewMember("a")
	observe := func(views map[string]View) {
		t.Helper()
		if adopted, err := m.Observe(of(views)); err != nil || !adopted {
			t.Fatalf("%v: adopted %t, %v", views, adopted, err)
		}
	}
	alone, both, all := View{"a"}, View{"a", "b"}, View{"a", "b", "c"}
	if adopted, err := m.Observe(of(map[string]View{"b": nil})); adopted || err != nil {
		t.Errorf("a moment before its own Lease was made: adopted %t, %v", adopted, err)
	}
	observe(map[string]View{"a": nil})
	if m.Agree() || m.Holding().Works(1) {
		t.Error("it works before it has drained")
	}
	m.Drained()
	if !m.Agree() || !m.Holding().Works(1) {
		t.Error("alone it works on everything")
	}

	observe(map[string]View{"a": alone, "b": nil})
	mine, theirs := owned(both, "a"), owned(both, "b")
	if !m.Holding().Works(mine) || m.Holding().Works(theirs) {
		t.Error("it keeps what it wins in both views, and nothing else")
	}
	if _, ready := m.Record(); ready {
		t.Error("it tells of a view before it has drained")
	}
	observe(map[string]View{"a": alone, "b": both, "c": nil})
	if _, err := m.Observe(of(map[string]View{"a": alone, "b": both, "c": all})); err != nil {
		t.Fatal(err)
	}
	m.Drained()
	if m.Agree() {
		t.Error("it agrees although b is still in another view")
	}
	// c, who may have gained something from a in that view, is gone, and b has not heard of it.
	observe(map[string]View{"a": all, "b": both})
	for _, key := range keys(200) {
		if want := all.Winner(key) == "a"; m.Holding().Works(key) != want {
			t.Fatalf("before it agrees it works on what it wins in all views; %x: %t", uint64(key), !want)
		}
	}
	m.Drained()
	if !m.Agree() || !m.Holding().Works(mine) {
		t.Error("they agree, and it works on what it wins")
	}
	if adopted, err := m.Observe(of(map[string]View{"a": both, "b": both, "c": all})); adopted || err != nil {
		t.Errorf("a name that is gone does not come back: adopted %t, %v", adopted, err)
	}
	if _, err := m.Observe(of(map[string]View{"b": both})); !errors.Is(err, ErrGone) || m.Holding().Works(mine) {
		t.Errorf("without its Lease it does nothing: %v", err)
	}
}
