package stamp

import (
	"strings"
	"testing"
)

// TestNumberRun: the name of a run follows from what it is.
func TestNumberRun(t *testing.T) {
	name := func(owner, digest string, sequence int64) string {
		object := map[string]any{"metadata": map[string]any{"generateName": "cart-", "labels": map[string]any{"a": "b"}}}
		if err := NumberRun(object, owner, digest, sequence, nil); err != nil {
			t.Fatal(err)
		}
		return object["metadata"].(map[string]any)["name"].(string)
	}
	first := name("u", "d", 1)
	if again := name("u", "d", 1); again != first {
		t.Errorf("asking twice gives %s and %s: a lost answer would make two objects", first, again)
	}
	for why, other := range map[string]string{"another owner": name("v", "d", 1), "another content": name("u", "e", 1), "the next run": name("u", "d", 2)} {
		if other == first {
			t.Errorf("%s has the same name %s", why, other)
		}
	}
}

// TestCheckName: the name goes into the path of a request, and must not lead elsewhere.
func TestCheckName(t *testing.T) {
	for name, why := range map[string]string{
		"cart": "", "cart.v1": "", "system:cart": "",
		"":                    "empty",
		"../../b/secrets/x":   "may not contain '/'",
		"cart/status":         "may not contain '/'",
		"..":                  "may not be '..'",
		"cart%2f..%2f..%2fb/": "may not contain '%'",
	} {
		err := CheckName(map[string]any{"metadata": map[string]any{"name": name}})
		if (err != nil) != (why != "") || err != nil && !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %q", name, err, why)
		}
	}
}

// FuzzNumberRun: whatever a template makes of its metadata, a run has a legal name or the template an error.
func FuzzNumberRun(f *testing.F) {
	f.Add("cart-", "sha256:1", int64(1))
	f.Add(strings.Repeat("x", 300), "", int64(-1))
	f.Fuzz(func(t *testing.T, base, digest string, sequence int64) {
		object := map[string]any{"metadata": map[string]any{"generateName": base}}
		if err := NumberRun(object, "u", digest, sequence, nil); err != nil {
			return
		}
		name := object["metadata"].(map[string]any)["name"].(string)
		if len(name) > 63 || len(name) <= min(len(base), 55) {
			t.Errorf("%q became %q", base, name)
		}
	})
}
