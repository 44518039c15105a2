package check

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/carto-run/carto/krew/manifest"
)

// maxUnpacked bounds what one archive may unpack to: a release is about 100 MiB at most, a
// bomb is more.
const maxUnpacked = 512 << 20

// entry of an archive.
type entry struct {
	name  string
	mode  fs.FileMode
	time  time.Time
	owner string // empty for root, and in a zip, which has none
	data  []byte
}

// Archive checks an archive against the platform of the manifest that names it.
func Archive(p manifest.Platform, content []byte) []Fault {
	var found faults
	if sum := manifest.Sum(content); sum != p.SHA256 {
		found.addf("sha256", "is %s; the manifest says %s", sum, p.SHA256)
	}
	entries, err := unpack(content)
	if err != nil {
		found.addf("format", "%v", err)
		return found
	}
	for _, e := range entries {
		if unsafePath(e.name) {
			found.addf("path", "%q leads out of the archive's folder, or might", e.name)
		}
		if !e.mode.IsRegular() && !e.mode.IsDir() {
			found.addf("type", "%q is neither file nor folder (%s): krew unpacks nothing else", e.name, e.mode)
		}
	}
	found.reproducible(entries)
	if len(found) > 0 {
		return found // what an installation would hold is not known
	}
	installed := install(p.Files, entries)
	if !slices.ContainsFunc(installed, func(e entry) bool { return e.mode.IsRegular() && licence(path.Base(e.name)) }) {
		found.addf("licence", "none is installed")
	}
	i := slices.IndexFunc(installed, func(e entry) bool { return e.name == p.Bin && e.mode.IsRegular() })
	if i < 0 {
		found.addf("bin", "%q is not installed", p.Bin)
		return found
	}
	if mode := installed[i].mode.Perm(); mode != 0o755 {
		found.addf("mode", "%s is %04o; must be 0755", p.Bin, mode)
	}
	for _, pair := range matched(p.Selector) {
		if err := builtFor(pair, installed[i].data); err != nil {
			found.addf("machine", "%s is no program for %s: %v", p.Bin, pair, err)
		}
	}
	return found
}

// reproducible: what the machine that packed decides must not show.
func (f *faults) reproducible(entries []entry) {
	if !slices.IsSortedFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) }) {
		f.addf("order", "the entries are not sorted by name")
	}
	names := map[string]bool{}
	for _, e := range entries {
		if names[e.name] {
			f.addf("path", "%q is there twice", e.name)
		}
		names[e.name] = true
		if !e.time.Equal(entries[0].time) {
			f.addf("time", "%q is of %s, %q of %s; must be one time, that of the commit", entries[0].name, entries[0].time.UTC(), e.name, e.time.UTC())
		}
		if e.owner != "" {
			f.addf("owner", "%q belongs to %s; must be root", e.name, e.owner)
		}
	}
}

// unpack reads an archive as krew does: by its content, whatever its name is.
func unpack(content []byte) ([]entry, error) {
	switch kind := http.DetectContentType(content); kind {
	case "application/x-gzip":
		return unpackTar(content)
	case "application/zip":
		return unpackZip(content)
	default:
		return nil, fmt.Errorf("the content is %s, neither zip nor gzip", kind)
	}
}

func unpackTar(content []byte) ([]entry, error) {
	zr, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	if !zr.ModTime.IsZero() || zr.Name != "" {
		return nil, fmt.Errorf("the gzip header holds a time or name (%s %q), which differs from build to build", zr.ModTime, zr.Name)
	}
	var entries []entry
	limited := &io.LimitedReader{R: zr, N: maxUnpacked}
	for tr := tar.NewReader(limited); ; {
		header, err := tr.Next()
		if errors.Is(err, io.EOF) {
			// Behind the last entry is the sum of gzip, which only reading on verifies.
			if _, err := io.Copy(io.Discard, limited); err != nil {
				return nil, unpackError(err, limited)
			}
			return entries, nil
		}
		if err != nil {
			return nil, unpackError(err, limited)
		}
		data, err := io.ReadAll(tr)
		if err != nil {
			return nil, unpackError(err, limited)
		}
		e := entry{name: header.Name, mode: header.FileInfo().Mode(), time: header.ModTime, data: data}
		if header.Typeflag == tar.TypeLink {
			e.mode |= fs.ModeIrregular // to archive/tar a hard link is a regular file
		}
		if header.Uid != 0 || header.Gid != 0 || header.Uname != "root" && header.Uname != "" || header.Gname != "root" && header.Gname != "" {
			e.owner = fmt.Sprintf("%d:%d %s:%s", header.Uid, header.Gid, header.Uname, header.Gname)
		}
		entries = append(entries, e)
	}
}

func unpackError(err error, limited *io.LimitedReader) error {
	if limited.N <= 0 {
		return fmt.Errorf("unpacks to more than %d bytes", int64(maxUnpacked))
	}
	return fmt.Errorf("cannot unpack: %w", err)
}

func unpackZip(content []byte) ([]entry, error) {
	zr, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, err
	}
	var entries []entry
	left := int64(maxUnpacked)
	for _, file := range zr.File {
		e := entry{name: file.Name, mode: file.Mode(), time: file.Modified}
		if !e.mode.IsDir() {
			r, err := file.Open()
			if err != nil {
				return nil, fmt.Errorf("cannot open %q: %w", file.Name, err)
			}
			limited := &io.LimitedReader{R: r, N: left}
			e.data, err = io.ReadAll(limited)
			if err = errors.Join(err, r.Close()); err != nil || limited.N <= 0 {
				return nil, unpackError(err, limited)
			}
			left = limited.N
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// install is what krew moves out of the unpacked archive: everything, or what files says.
func install(files []manifest.File, entries []entry) []entry {
	if files == nil {
		return entries
	}
	var installed []entry
	for _, file := range files {
		for _, e := range entries {
			if ok, err := path.Match(strings.TrimPrefix(file.From, "/"), e.name); err == nil && ok {
				e.name = path.Join(file.To, path.Base(e.name))
				installed = append(installed, e)
			}
		}
	}
	return installed
}

// licence says whether reviewers take a file of that name for the licence.
func licence(name string) bool {
	stem := strings.ToLower(name)
	stem = strings.TrimSuffix(strings.TrimSuffix(stem, ".txt"), ".md")
	return slices.Contains([]string{"license", "licenses", "copying"}, stem)
}

// builtFor says why a program does not run on a platform, by its header.
func builtFor(pair manifest.Pair, program []byte) error {
	r := bytes.NewReader(program)
	var machine string
	switch pair.OS {
	case "linux":
		f, err := elf.NewFile(r)
		if err != nil {
			return err
		}
		machine = map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}[f.Machine]
	case "darwin":
		f, err := macho.NewFile(r)
		if err != nil {
			return err
		}
		machine = map[macho.Cpu]string{macho.CpuAmd64: "amd64", macho.CpuArm64: "arm64"}[f.Cpu]
	case "windows":
		f, err := pe.NewFile(r)
		if err != nil {
			return err
		}
		machine = map[uint16]string{pe.IMAGE_FILE_MACHINE_AMD64: "amd64", pe.IMAGE_FILE_MACHINE_ARM64: "arm64"}[f.Machine]
	}
	if machine != pair.Arch {
		return fmt.Errorf("its header says %q", machine)
	}
	return nil
}
