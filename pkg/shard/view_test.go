package shard

import (
	"fmt"
	"testing"
)

func keys(n int) []Key {
	all := make([]Key, n)
	for i := range all {
		all[i] = KeyOf("Workload", fmt.Sprintf("team-%d", i%7), fmt.Sprintf("app-%04d", i))
	}
	return all
}

func members(n int) View {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("member-%d", i)
	}
	return NewView(all...)
}

// TestBalance: names that differ in a digit go to all members alike.
func TestBalance(t *testing.T) {
	t.Parallel()
	const n = 10000
	for _, size := range []int{1, 2, 3, 5, 10, 20} {
		share := map[string]int{}
		for _, key := range keys(n) {
			share[members(size).Winner(key)]++
		}
		even := n / size
		for _, member := range members(size) {
			if got := share[member]; got < even*85/100 || got > even*115/100 {
				t.Errorf("of %d members %s has %d of %d owners; an even share is %d", size, member, got, n, even)
			}
		}
	}
}

// TestMovement: a member that comes takes its share and nothing else moves; when it goes,
// all is as before.
func TestMovement(t *testing.T) {
	t.Parallel()
	const n, size = 10000, 4
	before, after := members(size), members(size+1)
	moved := 0
	for _, key := range keys(n) {
		was, is := before.Winner(key), after.Winner(key)
		if was == is {
			continue
		}
		moved++
		if is != after[size] {
			t.Fatalf("an owner moves from %s to %s, which both were there before", was, is)
		}
	}
	if even := n / (size + 1); moved < even*85/100 || moved > even*115/100 {
		t.Errorf("%d owners move to the new member; an even share is %d", moved, even)
	}
}

// TestTheHashNeverChanges: replicas of two versions divide the same owners between them.
func TestTheHashNeverChanges(t *testing.T) {
	t.Parallel()
	for key, want := range map[Key]string{
		KeyOf("Workload", "team-a", "web"):         "member-7",
		KeyOf("Deliverable", "team-a", "web"):      "member-8",
		KeyOf("ClusterSupplyChain", "", "web-app"): "member-7",
	} {
		if got := members(9).Winner(key); got != want {
			t.Errorf("%x belongs to %s, not %s", uint64(key), got, want)
		}
	}
	if got, want := KeyOf("Workload", "team-a", "web"), Key(0x8c4c829851720893); got != want {
		t.Errorf("the key is %#x, not %#x", uint64(got), uint64(want))
	}
}
