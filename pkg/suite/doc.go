// Package suite runs golden tests of templates and of whole chains that lie in
// directories (spec: cartotest).
//
// Find reads the directories: settings are inherited downwards, and a directory without
// directories in it is a test. Run runs tests with the agent's engine and gives a Report;
// printing it is the business of others. With Options.Update the report has the files that
// would make failing tests pass; writing them is the business of others, too.
//
// The package is pure: files come in as an fs.FS, which also decides how far a path in a
// test can reach, and time as a function. Tests are not trusted: all that costs is
// bounded by the engine, and files by maxFile.
package suite
