// Package manifest is the krew manifest of a plugin: its wire type, the platforms that
// Carto is released for, and the manifest of a release made from its archives.
//
// krew's own package is not imported: it would bring krew's dependencies, at versions of
// their own, into the product's go.mod for five small structs.
package manifest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// What every manifest says.
const (
	APIVersion = "krew.googlecontainertools.github.com/v1alpha2"
	Kind       = "Plugin"
	Extension  = ".yaml"
)

// Plugin is a manifest.
type Plugin struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        Metadata `json:"metadata"`
	Spec            Spec     `json:"spec"`
}

// Metadata of a plugin.
type Metadata struct {
	Name string `json:"name"`
}

// Spec says what a plugin is, and where its archives are.
type Spec struct {
	// Version is semantic, with a leading v.
	Version          string     `json:"version"`
	ShortDescription string     `json:"shortDescription"`
	Description      string     `json:"description,omitempty"`
	Caveats          string     `json:"caveats,omitempty"`
	Homepage         string     `json:"homepage,omitempty"`
	Platforms        []Platform `json:"platforms"`
}

// Platform is the archive for one or more pairs of operating system and architecture.
type Platform struct {
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
	URI      string                `json:"uri"`
	SHA256   string                `json:"sha256"`
	// Files says what of the archive is installed, and where; everything if it is absent.
	Files []File `json:"files,omitempty"`
	// Bin is the path of the program below the folder of the installation.
	Bin string `json:"bin"`
}

// File is a pattern of the archive and the folder that it is moved to.
type File struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Pair of operating system and architecture, as Go names them.
type Pair struct{ OS, Arch string }

func (p Pair) String() string { return p.OS + "/" + p.Arch }

// Released are the platforms that every release is made for.
var Released = []Pair{
	{"linux", "amd64"},
	{"linux", "arm64"},
	{"darwin", "amd64"},
	{"darwin", "arm64"},
	{"windows", "amd64"},
	{"windows", "arm64"},
}

// Archive is the name of the platform's archive. krew/goreleaser.yaml says the same.
func (p Pair) Archive() string {
	if p.OS == "windows" {
		return "carto_" + p.OS + "_" + p.Arch + ".zip"
	}
	return "carto_" + p.OS + "_" + p.Arch + ".tar.gz"
}

// Bin is the name of the program inside the archive.
func (p Pair) Bin() string {
	if p.OS == "windows" {
		return "kubectl-carto.exe"
	}
	return "kubectl-carto"
}

// Parse reads a manifest. krew itself skips fields that it does not know, and so would
// hide a misspelt one: here they are an error.
func Parse(data []byte) (*Plugin, error) {
	var p Plugin
	if err := yaml.UnmarshalStrict(data, &p); err != nil {
		return nil, errors.New(strings.ReplaceAll(err.Error(), "\n", " "))
	}
	return &p, nil
}

// Render makes the manifest of a release from its template and the archives in folder.
func Render(text, version, folder string) ([]byte, error) {
	type archive struct {
		Pair
		SHA256 string
	}
	data := struct {
		Version   string
		Platforms []archive
	}{Version: version}
	for _, pair := range Released {
		bytes, err := os.ReadFile(filepath.Join(folder, pair.Archive()))
		if err != nil {
			return nil, fmt.Errorf("cannot read the archive for %s: %w", pair, err)
		}
		data.Platforms = append(data.Platforms, archive{pair, Sum(bytes)})
	}
	t, err := template.New("manifest").Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("cannot parse the template of the manifest: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, data); err != nil {
		return nil, fmt.Errorf("cannot fill the template of the manifest: %w", err)
	}
	return out.Bytes(), nil
}

// Sum is the SHA-256 of data as manifests write it: 64 lower-case hex digits.
func Sum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
