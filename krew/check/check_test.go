package check

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/krew/manifest"
)

// good is the manifest of a release whose archives are empty.
func good(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "carto.yaml.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for _, pair := range manifest.Released {
		if err := os.WriteFile(filepath.Join(folder, pair.Archive()), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	data, err := manifest.Render(string(text), "v1.2.3", folder)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func rules(found []Fault) []string {
	var names []string
	for _, f := range found {
		names = append(names, f.Rule)
	}
	return names
}

func TestManifest(t *testing.T) {
	const (
		linux   = "os: linux, arch: amd64"
		uri     = "https://github.com/carto-run/carto/releases/download/v1.2.3/carto_linux_amd64.tar.gz"
		program = "bin: kubectl-carto\n"
	)
	valid := good(t)
	sum := manifest.Sum(nil)
	for _, test := range []struct {
		reason   string
		file     string // carto.yaml
		old, new string // what is replaced, once
		want     []string
	}{
		{reason: "what make dist writes is in order"},
		{reason: "a field that krew would skip", old: "homepage:", new: "homePages:", want: []string{"fields"}},
		{reason: "a field said twice", old: "kind: Plugin", new: "kind: Plugin\nkind: Plugin", want: []string{"fields"}},
		{reason: "no YAML", old: "kind: Plugin", new: "kind: [", want: []string{"fields"}},
		{reason: "an API version to come", old: "v1alpha2", new: "v1", want: []string{"kind"}},
		{reason: "another kind", old: "kind: Plugin", new: "kind: Index", want: []string{"kind"}},
		{reason: "a file of another name", file: "supply-chain.yaml", want: []string{"file-name"}},
		{reason: "a file that krew does not read", file: "carto.yml", want: []string{"file-name"}},
		{reason: "capitals", file: "Carto.yaml", old: "name: carto", new: "name: Carto", want: []string{"name"}},
		{reason: "an underscore, which krew takes and the naming guide does not", file: "ca_rto.yaml", old: "name: carto", new: "name: ca_rto", want: []string{"name"}},
		{reason: "a path", file: "../carto.yaml", old: "name: carto", new: "name: ../carto", want: []string{"name"}},
		{reason: "a device of Windows", file: "com1.yaml", old: "name: carto", new: "name: com1", want: []string{"name"}},
		{reason: "the prefix kube", file: "kube-carto.yaml", old: "name: carto", new: "name: kube-carto", want: []string{"name"}},
		{reason: "an abbreviation of a kind", file: "deploy.yaml", old: "name: carto", new: "name: deploy", want: []string{"name"}},
		{reason: "no leading v", old: "version: v1.2.3", new: "version: 1.2.3", want: []string{"version", "uri", "uri", "uri", "uri", "uri", "uri"}},
		{reason: "two numbers", old: "version: v1.2.3", new: "version: v1.2", want: []string{"version", "uri", "uri", "uri", "uri", "uri", "uri"}},
		{reason: "archives of the release before", old: "version: v1.2.3", new: "version: v1.2.4", want: []string{"uri", "uri", "uri", "uri", "uri", "uri"}},
		{reason: "no short description", old: "Ship workloads along supply chains", new: `""`, want: []string{"short-description"}},
		{reason: "a long one", old: "Ship workloads", new: "A kubectl plugin that ships workloads", want: []string{"short-description"}},
		{reason: "one of two lines", old: "Ship workloads along", new: "|\n    Ship\n    along", want: []string{"short-description"}},
		{reason: "a description that is not wrapped", old: "production once, as", new: "production once and for all, without another thought about it, as", want: []string{"description"}},
		{reason: "caveats that are not wrapped", old: "run once:", new: "run once, or as often as you like, it changes nothing:", want: []string{"caveats"}},
		{reason: "a homepage that is no address", old: "homepage: https://", new: "homepage: ", want: []string{"homepage"}},
		{reason: "an archive on the maintainer's disk", old: "uri: " + uri, new: "uri: file:///tmp/v1.2.3/carto.tar.gz", want: []string{"uri"}},
		{reason: "no archive", old: "uri: " + uri, new: `uri: ""`, want: []string{"uri"}},
		{reason: "a sum in capitals", old: sum, new: strings.ToUpper(sum), want: []string{"sha256"}},
		{reason: "a sum of another kind", old: sum, new: sum[:40], want: []string{"sha256"}},
		{reason: "no program", old: program, new: "bin: \"\"\n", want: []string{"bin"}},
		{reason: "a program outside", old: program, new: "bin: ../kubectl-carto\n", want: []string{"bin"}},
		{reason: "a program at an absolute path", old: program, new: "bin: /kubectl-carto\n", want: []string{"bin"}},
		{reason: "a program for Windows on Linux", old: program, new: "bin: kubectl-carto.exe\n", want: []string{"exe"}},
		{reason: "a program for Windows that it cannot run", old: "kubectl-carto.exe", new: "kubectl-carto", want: []string{"exe"}},
		{reason: "files that install nothing", old: program, new: program + "      files: []\n", want: []string{"files"}},
		{reason: "files that go nowhere", old: program, new: program + "      files: [{from: LICENSE}]\n", want: []string{"files"}},
		{reason: "no selector", old: "selector: {matchLabels: {" + linux + "}}", new: "selector: null", want: []string{"selector", "missing"}},
		{reason: "an empty selector", old: "{matchLabels: {" + linux + "}}", new: "{}", want: []string{"selector", "missing"}},
		{reason: "a selector by something else", old: linux, new: linux + ", libc: musl", want: []string{"selector", "unsupported", "missing"}},
		{reason: "a selector that cannot be evaluated", old: "{matchLabels: {" + linux + "}}", new: "{matchExpressions: [{key: os, operator: Is, values: [linux]}]}", want: []string{"selector", "missing"}},
		{reason: "a pair that krew does not know", old: linux, new: "os: plan9, arch: amd64", want: []string{"unsupported", "missing"}},
		{reason: "a pair twice", old: linux, new: "os: linux, arch: arm64", want: []string{"missing", "twice"}},
		{reason: "two entries for all of an operating system", old: linux, new: "os: darwin", want: []string{"missing", "twice", "twice"}},
	} {
		t.Run(test.reason, func(t *testing.T) {
			if test.old != "" && !strings.Contains(valid, test.old) {
				t.Fatalf("the manifest has no %q to break", test.old)
			}
			file := test.file
			if file == "" {
				file = "carto.yaml"
			}
			found := Manifest(file, []byte(strings.Replace(valid, test.old, test.new, 1)))
			if diff := cmp.Diff(test.want, rules(found)); diff != "" {
				t.Errorf("rules broken (-want +got):\n%s\n%v", diff, found)
			}
		})
	}
}

// item is an entry of an archive to be made.
type item struct {
	name, content, link string
	kind                byte // of tar; regular
	mode                int64
	time                time.Time
	uid                 int
}

// program is the smallest that the check takes for one of linux/amd64.
var program = func() string {
	header := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT)}
	copy(header.Ident[:], elf.ELFMAG+"\x02\x01\x01")
	var out bytes.Buffer
	_ = binary.Write(&out, binary.LittleEndian, header)
	return out.String()
}()

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func packTar(t testing.TB, items []item) []byte {
	t.Helper()
	var out bytes.Buffer
	zw := gzip.NewWriter(&out)
	tw := tar.NewWriter(zw)
	for _, i := range items {
		header := &tar.Header{Typeflag: i.kind, Name: i.name, Linkname: i.link, Mode: i.mode, ModTime: i.time, Uid: i.uid, Size: int64(len(i.content))}
		if err := tw.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write([]byte(i.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func packZip(t testing.TB, items []item) []byte {
	t.Helper()
	var out bytes.Buffer
	zw := zip.NewWriter(&out)
	for _, i := range items {
		header := &zip.FileHeader{Name: i.name, Modified: i.time, Method: zip.Deflate}
		mode := fs.FileMode(i.mode)
		content := i.content
		if i.kind == tar.TypeSymlink {
			mode |= fs.ModeSymlink
			content = i.link
		}
		header.SetMode(mode)
		w, err := zw.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestArchive(t *testing.T) {
	var (
		text = item{name: "LICENSE", content: "free", mode: 0o644, time: noon}
		bin  = item{name: "kubectl-carto", content: program, mode: 0o755, time: noon}
	)
	with := func(i item, change func(*item)) item { change(&i); return i }
	for _, test := range []struct {
		reason string
		items  []item
		files  []manifest.File
		want   []string
	}{
		{reason: "licence and program", items: []item{text, bin}},
		{reason: "a folder is fine", items: []item{text, {name: "doc/", kind: tar.TypeDir, mode: 0o755, time: noon}, bin}},
		{reason: "a licence in Markdown", items: []item{with(text, func(i *item) { i.name = "COPYING.md" }), bin}},
		{reason: "files that install both", items: []item{text, bin}, files: []manifest.File{{From: "LICENSE", To: "."}, {From: "/kubectl-*", To: "."}}},
		{reason: "no licence", items: []item{bin}, want: []string{"licence"}},
		{reason: "a licence that files leaves out", items: []item{text, bin}, files: []manifest.File{{From: "kubectl-carto", To: "."}}, want: []string{"licence"}},
		{reason: "no program", items: []item{text}, want: []string{"bin"}},
		{reason: "a program that files moves away", items: []item{text, bin}, files: []manifest.File{{From: "*", To: "bin"}}, want: []string{"bin"}},
		{reason: "a program that is a folder", items: []item{text, with(bin, func(i *item) { i.kind, i.content = tar.TypeDir, "" })}, want: []string{"bin"}},
		{reason: "a program that cannot be run", items: []item{text, with(bin, func(i *item) { i.mode = 0o644 })}, want: []string{"mode"}},
		{reason: "a program that all may write", items: []item{text, with(bin, func(i *item) { i.mode = 0o777 })}, want: []string{"mode"}},
		{reason: "a program of another platform", items: []item{text, with(bin, func(i *item) { i.content = strings.Replace(program, "\x3e", "\xb7", 1) })}, want: []string{"machine"}},
		{reason: "a program that is a script", items: []item{text, with(bin, func(i *item) { i.content = "#!/bin/sh\n" })}, want: []string{"machine"}},
		{reason: "a symbolic link, at which krew stops", items: []item{text, bin, {name: "kubectl_complete-carto", kind: tar.TypeSymlink, link: "kubectl-carto", mode: 0o777, time: noon}}, want: []string{"type"}},
		{reason: "a path that climbs", items: []item{with(text, func(i *item) { i.name = "../LICENSE" }), bin}, want: []string{"path"}},
		{reason: "two dots that do not climb, which krew refuses as well", items: []item{text, bin, with(text, func(i *item) { i.name = "notes..txt" })}, want: []string{"path"}},
		{reason: "an absolute path", items: []item{with(text, func(i *item) { i.name = "/LICENSE" }), bin}, want: []string{"path"}},
		{reason: "an absolute path of Windows", items: []item{with(text, func(i *item) { i.name = `C:\LICENSE` }), bin}, want: []string{"path"}},
		{reason: "an entry twice", items: []item{text, bin, bin}, want: []string{"path"}},
		{reason: "the order of a folder", items: []item{bin, text}, want: []string{"order"}},
		{reason: "the time of the build", items: []item{text, with(bin, func(i *item) { i.time = noon.Add(time.Hour) })}, want: []string{"time"}},
	} {
		for kind, pack := range map[string]func(testing.TB, []item) []byte{"tar": packTar, "zip": packZip} {
			t.Run(test.reason+"/"+kind, func(t *testing.T) {
				content := pack(t, test.items)
				if kind == "zip" && test.items[len(test.items)-1].kind == tar.TypeDir {
					t.Skip("a zip tells folders by their names")
				}
				p := manifest.Platform{Selector: selector("linux", "amd64"), SHA256: manifest.Sum(content), Bin: "kubectl-carto", Files: test.files}
				found := Archive(p, content)
				if diff := cmp.Diff(test.want, rules(found)); diff != "" {
					t.Errorf("rules broken (-want +got):\n%s\n%v", diff, found)
				}
			})
		}
	}
}

func selector(os, arch string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{"os": os, "arch": arch}}
}

// TestArchiveForm has what only one of the two formats can do wrong.
func TestArchiveForm(t *testing.T) {
	text := item{name: "LICENSE", content: "free", mode: 0o644, time: noon}
	bin := item{name: "kubectl-carto", content: program, mode: 0o755, time: noon}
	plain := packTar(t, []item{text, bin})
	mine := text
	mine.uid = 1000
	for _, test := range []struct {
		reason  string
		content []byte
		sum     string
		want    []string
	}{
		{reason: "a hard link, at which krew stops", content: packTar(t, []item{text, bin, {name: "other", kind: tar.TypeLink, link: "LICENSE", mode: 0o644, time: noon}}), want: []string{"type"}},
		{reason: "a device", content: packTar(t, []item{text, bin, {name: "null", kind: tar.TypeChar, mode: 0o644, time: noon}}), want: []string{"type"}},
		{reason: "the builder's user", content: packTar(t, []item{mine, bin}), want: []string{"owner"}},
		{reason: "another archive than the manifest's", content: plain, sum: manifest.Sum(nil), want: []string{"sha256"}},
		{reason: "the time of packing in the gzip header", content: withGzipTime(plain), want: []string{"format"}},
		{reason: "a tar that is not compressed", content: bytes.Repeat([]byte("LICENSE\n"), 100), want: []string{"format"}},
		{reason: "an archive that breaks off", content: plain[:len(plain)-12], want: []string{"format"}},
		{reason: "a zip that breaks off", content: packZip(t, []item{text, bin})[:80], want: []string{"format"}},
		{reason: "a gzip of something else", content: gzipped(t, "no tar at all, however long it gets"), want: []string{"format"}},
		{reason: "nothing", content: nil, want: []string{"format"}},
	} {
		t.Run(test.reason, func(t *testing.T) {
			p := manifest.Platform{Selector: selector("linux", "amd64"), SHA256: test.sum, Bin: "kubectl-carto"}
			if p.SHA256 == "" {
				p.SHA256 = manifest.Sum(test.content)
			}
			found := Archive(p, test.content)
			if diff := cmp.Diff(test.want, rules(found)); diff != "" {
				t.Errorf("rules broken (-want +got):\n%s\n%v", diff, found)
			}
		})
	}
}

// withGzipTime sets the time of a gzip header, which no sum covers.
func withGzipTime(content []byte) []byte {
	changed := bytes.Clone(content)
	changed[4] = 1
	return changed
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	zw := gzip.NewWriter(&out)
	if _, err := zw.Write(bytes.Repeat([]byte(text), 100)); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestDist(t *testing.T) {
	dist := func(t *testing.T) string {
		t.Helper()
		folder := t.TempDir()
		write := func(name, content string) {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Mkdir(filepath.Join(folder, "plugins"), 0o700); err != nil {
			t.Fatal(err)
		}
		content := string(packTar(t, []item{{name: "LICENSE", mode: 0o644, time: noon}, {name: "kubectl-carto", content: program, mode: 0o755, time: noon}}))
		text := strings.ReplaceAll(good(t), manifest.Sum(nil), manifest.Sum([]byte(content)))
		var sums strings.Builder
		for _, name := range []string{"darwin_amd64.tar.gz", "darwin_arm64.tar.gz", "linux_amd64.tar.gz", "linux_arm64.tar.gz", "windows_amd64.zip", "windows_arm64.zip"} {
			write("carto_"+name, content)
			fmt.Fprintf(&sums, "%s  carto_%s\n", manifest.Sum([]byte(content)), name)
		}
		write("checksums.txt", sums.String())
		write("plugins/carto.yaml", text)
		return folder
	}
	wrong := []string{"machine", "machine", "machine", "bin", "bin"} // one program serves one of six platforms
	for _, test := range []struct {
		reason string
		breaks func(folder string) error
		want   []string
	}{
		{"all archives are looked into", func(string) error { return nil }, wrong},
		{"an archive that is gone", func(f string) error { return os.Remove(filepath.Join(f, "carto_linux_amd64.tar.gz")) }, append(append(wrong[:2:2], "archive", "machine"), "bin", "bin", "checksums")},
		{"checksums of another build", func(f string) error { return os.WriteFile(filepath.Join(f, "checksums.txt"), nil, 0o600) }, append(wrong[:5:5], "checksums")},
	} {
		t.Run(test.reason, func(t *testing.T) {
			folder := dist(t)
			if err := test.breaks(folder); err != nil {
				t.Fatal(err)
			}
			found, err := Dist(folder)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, rules(found)); diff != "" {
				t.Errorf("rules broken (-want +got):\n%s\n%v", diff, found)
			}
		})
	}
	if _, err := Dist(t.TempDir()); err == nil || !strings.Contains(err.Error(), "make dist") {
		t.Errorf("an empty folder: error %v, want one that names make dist", err)
	}
}

func TestIndex(t *testing.T) {
	for _, test := range []struct {
		reason, file, content string
		want                  []string
	}{
		{reason: "before the first release", file: ".gitkeep"},
		{reason: "a release", file: "carto.yaml", content: good(t)},
		{reason: "a manifest that krew does not read", file: "carto.yml", content: good(t), want: []string{"index"}},
		{reason: "a page for people", file: "README.md", want: []string{"index"}},
		{reason: "a manifest below", file: "more/carto.yaml", content: good(t), want: []string{"index"}},
		{reason: "a manifest of another name", file: "other.yaml", content: good(t), want: []string{"file-name"}},
	} {
		t.Run(test.reason, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "plugins", test.file)
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			found, err := Index(strings.TrimSuffix(file, "/"+test.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, rules(found)); diff != "" {
				t.Errorf("rules broken (-want +got):\n%s\n%v", diff, found)
			}
		})
	}
	if _, err := Index(filepath.Join(t.TempDir(), "plugins")); err == nil {
		t.Error("a folder that is not there is no index: krew stops at it")
	}
}
