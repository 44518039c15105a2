package check

import (
	"testing"

	"github.com/carto-run/carto/krew/manifest"
)

// Archives and manifests may be broken in any way: the check must say so, and end.
func FuzzArchive(f *testing.F) {
	text := item{name: "LICENSE", content: "free", mode: 0o644, time: noon}
	bin := item{name: "kubectl-carto", content: program, mode: 0o755, time: noon}
	f.Add(packTar(f, []item{text, bin}))
	f.Add(packZip(f, []item{text, bin}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, content []byte) {
		p := manifest.Platform{Selector: selector("linux", "amd64"), SHA256: manifest.Sum(content), Bin: "kubectl-carto"}
		if found := Archive(p, content); len(content) < len(program) && len(found) == 0 {
			t.Errorf("%d bytes, less than a program, are in order", len(content))
		}
	})
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(good(f)))
	f.Add([]byte("spec: {platforms: [{selector: {matchLabels: {os: linux}}}]}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if found := Manifest("other.yaml", data); len(found) == 0 {
			plugin, err := manifest.Parse(data)
			if err != nil || plugin.Metadata.Name != "other" {
				t.Errorf("the file of another plugin is in order: %v %v", plugin, err)
			}
		}
	})
}
