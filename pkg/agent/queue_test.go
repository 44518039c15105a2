package agent

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func drain(q *fairQueue) []string {
	var order []string
	for q.Len() > 0 {
		key := q.Pop()
		order = append(order, key.Namespace+"/"+key.Name)
	}
	return order
}

func TestFairQueue(t *testing.T) {
	tests := map[string]struct {
		reason   string
		push     []ownerKey
		progress map[string]int
		want     []string
	}{
		"namespaces take turns": {
			reason: "a tenant with many owners does not keep the others waiting",
			push:   []ownerKey{{Namespace: "big", Name: "1"}, {Namespace: "big", Name: "2"}, {Namespace: "big", Name: "3"}, {Namespace: "small", Name: "1"}},
			want:   []string{"big/1", "small/1", "big/2", "big/3"},
		},
		"furthest first": {
			reason:   "within a namespace the owner that is furthest along comes first, but each fourth turn goes to the one that has waited longest",
			push:     []ownerKey{{Namespace: "a", Name: "new"}, {Namespace: "a", Name: "newer"}, {Namespace: "a", Name: "two"}, {Namespace: "a", Name: "three"}, {Namespace: "a", Name: "three-later"}, {Namespace: "a", Name: "two-later"}},
			progress: map[string]int{"two": 2, "two-later": 2, "three": 3, "three-later": 3},
			want:     []string{"a/three", "a/three-later", "a/two", "a/new", "a/two-later", "a/newer"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			q := newFairQueue(func(key ownerKey) int { return tc.progress[key.Name] })
			for _, key := range tc.push {
				q.Push(key)
			}
			if diff := cmp.Diff(tc.want, drain(q)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestFairQueueStarvesNobody(t *testing.T) {
	q := newFairQueue(func(key ownerKey) int { return len(key.Kind) })
	q.Push(ownerKey{Namespace: "a", Name: "patient"})
	for i := range 100 {
		q.Push(ownerKey{Kind: "far", Namespace: "a", Name: fmt.Sprint(i)})
		if q.Pop().Name == "patient" {
			return
		}
	}
	t.Error("an owner without progress was never served while others kept coming")
}
