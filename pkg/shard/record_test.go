package shard

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRecord(t *testing.T) {
	t.Parallel()
	full := Record{View: View{"a", "b"}, Wrote: map[string]uint64{"workloads": 12}}
	got, err := Parse(full.Text())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(full, got); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct{ reason, text, want string }{
		{"nothing told yet", "", "unexpected end"},
		{"of a later version", `{"format":2,"view":["a"]}`, "format 2"},
		{"a negative version", `{"format":1,"view":["a"],"wrote":{"workloads":-1}}`, "cannot unmarshal"},
		{"no view", `{"format":1}`, "no view"},
		{"a view out of order", `{"format":1,"view":["b","a"]}`, "sorted"},
		{"a member twice", `{"format":1,"view":["a","a"]}`, "sorted"},
		{"a member without a name", `{"format":1,"view":[""]}`, "sorted"},
		{"far too long", strings.Repeat(" ", maxRecord+1), "more than"},
	} {
		if _, err := Parse(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, which does not say %q", c.reason, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Record{View: View{"a", "b"}}.Text())
	f.Add(`{"format":1,"view":["b","a"]}`)
	f.Add(`{"format":1,"view":["a"],"wrote":{"":18446744073709551615}}`)
	f.Fuzz(func(t *testing.T, text string) {
		record, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(record.Text())
		if err != nil {
			if len(record.Text()) > maxRecord {
				return // escapes make it longer
			}
			t.Fatalf("what was read as %+v can not be read again: %v", record, err)
		}
		if diff := cmp.Diff(record.View, again.View); diff != "" {
			t.Fatalf("read again it is another: %s", diff)
		}
	})
}
