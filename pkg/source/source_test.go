package source

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tree writes files; a name that ends in / is a folder, content that begins with -> a
// symbolic link, a name that ends in * is executable.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i+1 < len(names); i += 2 {
		name, content := filepath.Join(dir, strings.TrimSuffix(names[i], "*")), names[i+1]
		var err error
		if strings.HasSuffix(names[i], "/") {
			err = os.MkdirAll(name, 0o755)
		} else {
			err = os.MkdirAll(filepath.Dir(name), 0o755)
			mode := fs.FileMode(0o600)
			if strings.HasSuffix(names[i], "*") {
				mode = 0o755
			}
			if target, link := strings.CutPrefix(content, "->"); link {
				err = errors.Join(err, os.Symlink(target, name))
			} else {
				err = errors.Join(err, os.WriteFile(name, []byte(content), mode))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func packed(t *testing.T, path string) *Image {
	t.Helper()
	image, err := Pack(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := image.Close(); err != nil {
			t.Error(err)
		}
	})
	return image
}

// listing is what a layer holds, one line an entry.
func listing(t *testing.T, layer io.Reader) []string {
	t.Helper()
	plain, err := gzip.NewReader(layer)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for r := tar.NewReader(plain); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if !h.ModTime.Equal(written) || h.Uid != 0 || h.Gid != 0 || h.Uname != "" || h.Gname != "" {
			t.Errorf("%s tells of the machine: %+v", h.Name, h)
		}
		lines = append(lines, strings.TrimRight(fmt.Sprintf("%o %s %s", h.Mode, h.Name, data), " "))
	}
}

func layerOf(i *Image) io.Reader { return io.NewSectionReader(i.layer, 0, i.layerDesc.Size) }

func TestFolder(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason string
		files  []string
		want   []string
		fault  string
	}{
		{"sorted, with folders, also empty ones, and two modes", []string{"b", "2", "a/z*", "1", "a/b/c", "3", "empty/", ""},
			[]string{"755 a/", "755 a/b/", "644 a/b/c 3", "755 a/z 1", "644 b 2", "755 empty/"}, ""},
		{"the rules of gitignore", []string{".cartoignore", "# tests\n*.log\n/build/\n!keep.log\n**/tmp\r\nx/*.txt\n\n", "a.log", "", "keep.log", "", "build/x", "", "sub/build", "", "sub/tmp/y", "", "x/a.txt", "", "x/y/a.txt", ""},
			[]string{"644 .cartoignore # tests\n*.log\n/build/\n!keep.log\n**/tmp\r\nx/*.txt\n\n", "644 keep.log", "755 sub/", "644 sub/build", "755 x/", "755 x/y/", "644 x/y/a.txt"}, ""},
		{"the ignore file that people have", []string{".tanzuignore", "a", "a", "", "b", ""}, []string{"644 .tanzuignore a", "644 b"}, ""},
		{"ours counts alone", []string{".cartoignore", "b", ".tanzuignore", "a", "a", "", "b", ""}, []string{"644 .cartoignore b", "644 .tanzuignore a", "644 a"}, ""},
		{"git's own files stay out", []string{".git/config", "", "sub/.git", "gitdir: x", "a", ""}, []string{"644 a", "755 sub/"}, ""},
		{"unless they are asked for", []string{".cartoignore", "!.git", ".git/config", "x"}, []string{"644 .cartoignore !.git", "755 .git/", "644 .git/config x"}, ""},
		{"a link to a file within is that file", []string{"a/b*", "1", "link", "->a/b"}, []string{"755 a/", "755 a/b 1", "755 link 1"}, ""},
		{"a link out of the folder", []string{"out", "->../../etc/passwd"}, nil, "the symbolic link out points to ../../etc/passwd"},
		{"an absolute link", []string{"link", "->/etc/passwd"}, nil, "outside of the folder"},
		{"a link that leads nowhere", []string{"link", "->nothing"}, nil, "not there"},
		{"a link to a folder", []string{"a/b", "", "a/up", "->.."}, nil, "no file"},
		{"a link in a circle", []string{"a", "->b", "b", "->a"}, nil, "symbolic link"},
		{"a link that is ignored", []string{".cartoignore", "link", "link", "->/etc/passwd"}, []string{"644 .cartoignore link"}, ""},
		{"nothing", nil, nil, "holds no files"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			image, err := Pack(t.Context(), tree(t, tc.files...))
			if tc.fault != "" {
				if err == nil || !strings.Contains(err.Error(), tc.fault) {
					t.Errorf("got %v, want %q", err, tc.fault)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = image.Close() })
			if d := cmp.Diff(tc.want, listing(t, layerOf(image))); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestStable: the digest is that of the files, not of the machine, the time or the order.
func TestStable(t *testing.T) {
	t.Parallel()
	one := packed(t, tree(t, "a", "1", "b/c*", "2"))
	dir := tree(t, "b/c*", "2", "a", "1")
	if err := os.Chtimes(filepath.Join(dir, "a"), time.Now(), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "a"), 0o666); err != nil {
		t.Fatal(err)
	}
	two := packed(t, dir)
	if one.Digest != two.Digest {
		t.Errorf("%s and %s", one.Digest, two.Digest)
	}
	archive := filepath.Join(t.TempDir(), "app.whatever")
	if err := os.WriteFile(archive, zipOf(t, member{name: "b/c", content: "2", mode: 0o755}, member{name: "a", content: "1"}), 0o644); err != nil {
		t.Fatal(err)
	}
	if three := packed(t, archive); three.Digest != one.Digest {
		t.Errorf("a zip of the same files: %s, want %s", three.Digest, one.Digest)
	}
	if four := packed(t, tree(t, "a", "1", "b/c", "2")); four.Digest == one.Digest {
		t.Error("a file that may not be executed is another one")
	}
	// The plain layer is the same for every release; compression may change with Go.
	const layer = "sha256:559e8005039382ccf3ff803962a4c9d2851681eda6529c6ac30cfb95ecf09f86"
	if !strings.Contains(string(one.config), layer) {
		t.Errorf("config: %s", one.config)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Pack(ctx, tree(t, "a", "1")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// member is an entry of a zip.
type member struct {
	name, content string
	mode          fs.FileMode
	edit          func(*zip.FileHeader)
}

func zipOf(t testing.TB, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.name, Method: zip.Deflate}
		if m.mode != 0 {
			h.SetMode(m.mode)
		}
		if m.edit != nil {
			m.edit(h)
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, m.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestHostileZip: none of these is unpacked, and none takes long.
func TestHostileZip(t *testing.T) {
	t.Parallel()
	many := make([]member, maxFiles+1)
	for i := range many {
		many[i] = member{name: fmt.Sprintf("f%d", i), edit: func(h *zip.FileHeader) { h.Method = zip.Store }}
	}
	for _, tc := range []struct {
		reason string
		data   []byte
		fault  string
	}{
		{"a name that goes up", zipOf(t, member{name: "../x"}), "lead out"},
		{"a name that goes up later", zipOf(t, member{name: "a/../../x"}), "lead out"},
		{"an absolute name", zipOf(t, member{name: "/etc/passwd"}), "lead out"},
		{"a drive", zipOf(t, member{name: "C:/x"}), "lead out"},
		{"a backslash", zipOf(t, member{name: `..\x`}), "lead out"},
		{"an empty part", zipOf(t, member{name: "a//b"}), "lead out"},
		{"a name that is no text", zipOf(t, member{name: "a\xff\xfe"}), "lead out"},
		{"a NUL", zipOf(t, member{name: "a\x00b"}), "lead out"},
		{"a very long name", zipOf(t, member{name: strings.Repeat("a", maxName+1)}), "a name of"},
		{"a link", zipOf(t, member{name: "a", content: "/etc/passwd", mode: fs.ModeSymlink | 0o777}), "is a link"},
		{"a device", zipOf(t, member{name: "a", mode: fs.ModeDevice | 0o666}), "is no file"},
		{"a name twice", zipOf(t, member{name: "a", content: "1"}, member{name: "a", content: "2"}), "twice"},
		{"a file that is a folder", zipOf(t, member{name: "a/b"}, member{name: "a"}), "twice"},
		{"a folder that is a file", zipOf(t, member{name: "a"}, member{name: "a/b"}), "below a file"},
		{"encrypted", zipOf(t, member{name: "a", edit: func(h *zip.FileHeader) { h.Flags |= encrypted }}), "encrypted"},
		{"a bomb", zipOf(t, member{name: "a", content: strings.Repeat("0", freeBytes+1)}), "times as large"},
		{"many files", zipOf(t, many...), "more than 100000 files"},
		{"nothing", zipOf(t), "holds no files"},
		{"no zip", []byte("hello"), "neither a folder nor a zip"},
		{"half a zip", zipOf(t, member{name: "a", content: "1"})[:40], "neither a folder nor a zip"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			name := filepath.Join(t.TempDir(), "x.zip")
			if err := os.WriteFile(name, tc.data, 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := Pack(t.Context(), name); err == nil || !strings.Contains(err.Error(), tc.fault) {
				t.Errorf("got %v, want %q", err, tc.fault)
			}
		})
	}
}

// TestLyingZip: an entry that holds more than it says is cut off, and refused.
func TestLyingZip(t *testing.T) {
	t.Parallel()
	data := zipOf(t, member{name: "a", content: strings.Repeat("x", 5000)})
	// The size is in the central directory, after "PK\x01\x02", at offset 24.
	at := bytes.LastIndex(data, []byte("PK\x01\x02")) + 24
	copy(data[at:], []byte{10, 0, 0, 0})
	name := filepath.Join(t.TempDir(), "x.zip")
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Pack(t.Context(), name); err == nil {
		t.Error("it was packed")
	}
}

func TestJar(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "app.jar")
	if err := os.WriteFile(name, zipOf(t, member{name: "META-INF/"}, member{name: "META-INF/MANIFEST.MF", content: "x"}, member{name: "a/B.class", content: "y"}), 0o644); err != nil {
		t.Fatal(err)
	}
	want := []string{"755 META-INF/", "644 META-INF/MANIFEST.MF x", "755 a/", "644 a/B.class y"}
	if d := cmp.Diff(want, listing(t, layerOf(packed(t, name)))); d != "" {
		t.Error(d)
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"registry.example/shop/cart":     "registry.example/shop/cart:latest",
		"localhost/cart:v1":              "localhost/cart:v1",
		"127.0.0.1:5000/cart":            "127.0.0.1:5000/cart:latest",
		"registry.example/a:b@sha256:00": "registry.example/a:b", // that of the push before
		"shop/cart":                      "",
		"cart":                           "",
		"https://registry.example/cart":  "",
		"registry.example/Cart":          "",
		"registry.example/":              "",
	} {
		place, err := ParsePlace(text)
		if got := place.ref.String(); (err == nil) != (want != "") || err == nil && got != want {
			t.Errorf("%s: got %s, %v; want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]bool{"127.0.0.1:5000/a": true, "localhost:5000/a": true, "[::1]:5000/a": true, "127.1.example/a": false, "registry.example/a": false, "10.0.0.1:5000/a": false} {
		if place, err := ParsePlace(text); err != nil || place.loopback() != want {
			t.Errorf("%s: %v, %v", text, place.loopback(), err)
		}
	}
}

func FuzzZip(f *testing.F) {
	f.Add(zipOf(f, member{name: "a/b", content: "1"}, member{name: "c/"}))
	f.Add(zipOf(f, member{name: "../x"}))
	f.Add(zipOf(f, member{name: "a", content: strings.Repeat("0", 1000)}))
	f.Fuzz(func(t *testing.T, data []byte) {
		found, err := readZip(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for i, entry := range found.all {
			if !fs.ValidPath(entry.name) || !filepath.IsLocal(entry.name) || strings.Contains(entry.name, `\`) {
				t.Errorf("%q leads out", entry.name)
			}
			if i > 0 && entry.name <= found.all[i-1].name {
				t.Errorf("%q after %q", entry.name, found.all[i-1].name)
			}
		}
		if found.bytes < 1<<20 { // the bounds are tested elsewhere
			_ = writeTar(t.Context(), io.Discard, found)
		}
	})
}

func FuzzIgnore(f *testing.F) {
	for _, rules := range []string{"*.log\n!a", "/", "**", "[", "!", "\\#", "a/**/b", "/a/"} {
		f.Add(rules, "a/b.log")
	}
	f.Fuzz(func(_ *testing.T, rules, name string) {
		if ignored, err := parseIgnore(strings.NewReader(rules)); err == nil && fs.ValidPath(name) {
			ignored.match(name, false)
			ignored.match(name, true)
		}
	})
}
