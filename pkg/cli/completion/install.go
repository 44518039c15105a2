package completion

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
)

// InstallOptions of `completion install`.
type InstallOptions struct {
	Streams *streams.Streams
	Program string
	// Executable is how the program was called.
	Executable string

	Dir          string
	Force, Print bool

	shim shim
}

// NewCmdInstall makes the command; runF replaces the work in tests.
func NewCmdInstall(f *cmdutil.Factory, runF func(context.Context, *InstallOptions) error) *cobra.Command {
	o := &InstallOptions{Streams: f.Streams, Program: f.Program, Executable: f.Executable}
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Make kubectl complete what stands behind the plugin's name",
		Long: `Make kubectl complete what stands behind the plugin's name.

kubectl asks a program named kubectl_complete-NAME, which this command writes into a folder
of your PATH: the one that the plugin lies in, else krew's. The completion of kubectl itself
has to be loaded in your shell (see kubectl completion --help).

The path of the file is printed. A file of that name that something else wrote is left
alone, unless --force is given.`,
		Example: fmt.Sprintf(`  # next to the plugin
  %[1]s completion install

  # somewhere else on the PATH
  %[1]s completion install --dir ~/bin

  # only look at it
  %[1]s completion install --print`, f.Program),
		Args:              cmdutil.UsageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              cmdutil.RunE(o, runF),
	}
	cmd.Flags().StringVar(&o.Dir, "dir", "", "Folder to write into; it should be on the PATH.")
	cmd.Flags().BoolVar(&o.Force, "force", false, "Replace a file that something else wrote.")
	cmd.Flags().BoolVar(&o.Print, "print", false, "Write the file to standard output, and nothing else.")
	_ = cmd.MarkFlagDirname("dir")
	return cmd
}

// Complete makes the text of the file.
func (o *InstallOptions) Complete(*cobra.Command, []string) (err error) {
	o.shim, err = newShim(o.Executable, o.Program, runtime.GOOS)
	return err
}

// Validate checks the flags.
func (o *InstallOptions) Validate() error {
	var faults []error
	if o.Print && o.Dir != "" {
		faults = append(faults, errors.New("--print writes no file; --dir has no meaning with it"))
	}
	if o.Print && o.Force {
		faults = append(faults, errors.New("--print writes no file; --force has no meaning with it"))
	}
	return cmdutil.Usage(faults)
}

// Run writes the file into the first folder that takes it.
func (o *InstallOptions) Run(context.Context) error {
	if o.Print {
		_, err := o.Streams.Out.Write(o.shim.Text)
		return err
	}
	if o.Dir != "" {
		dir, err := filepath.Abs(o.Dir)
		if err != nil {
			return fmt.Errorf("cannot find the folder %q: %w", o.Dir, err)
		}
		if !o.onPath(dir) {
			_, _ = fmt.Fprintf(o.Streams.ErrOut, "warning: %s is not on your PATH, so kubectl will not find the file\n", dir)
		}
		return o.write(dir)
	}
	var tried []string
	for _, dir := range o.folders() {
		if !o.onPath(dir) {
			tried = append(tried, dir+" (not on your PATH)")
			continue
		}
		err := o.write(dir)
		if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist) && !readOnly(err) {
			return err
		}
		tried = append(tried, dir+" (cannot be written)")
	}
	return fmt.Errorf("cannot write %s: no folder takes it; tried %s; choose one of your PATH with --dir", o.shim.Name, strings.Join(tried, ", "))
}

func (o *InstallOptions) write(dir string) error {
	path := filepath.Join(dir, o.shim.Name)
	changed, err := o.shim.write(dir, o.Force)
	switch {
	case errors.Is(err, errForeign):
		return cmdutil.Findingf("cannot write %s: %w; look at it, and replace it with --force", path, err)
	case err != nil:
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	said := "unchanged"
	if changed {
		said = "written; it works in shells that have loaded the completion of kubectl"
	}
	_, _ = fmt.Fprintln(o.Streams.ErrOut, said)
	_, err = fmt.Fprintln(o.Streams.Out, path)
	return err
}

// folders that may hold the file, the best first.
func (o *InstallOptions) folders() []string {
	var dirs []string
	// Not os.Executable: it follows the link that krew puts on the PATH, into a folder that
	// is not on it and goes with the next upgrade.
	if path, err := exec.LookPath(o.Executable); err == nil {
		if path, err = filepath.Abs(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	if krew := KrewBin(o.Streams.Getenv); krew != "" && !slices.Contains(dirs, krew) {
		dirs = append(dirs, krew)
	}
	return dirs
}

// KrewBin is the folder in which krew links plugins; empty when no home is known.
func KrewBin(getenv func(string) string) string {
	if root := getenv("KREW_ROOT"); root != "" {
		return filepath.Join(root, "bin")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".krew", "bin")
}

func (o *InstallOptions) onPath(dir string) bool {
	return slices.ContainsFunc(filepath.SplitList(o.Streams.Getenv("PATH")), func(p string) bool {
		return p != "" && filepath.Clean(p) == filepath.Clean(dir)
	})
}
