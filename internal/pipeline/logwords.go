package pipeline

import "github.com/loaderline/loaderline/internal/pipelinefile"

// logWords are the texts of a file that its errors may name in the log. No secret is among them.
func logWords(file *pipelinefile.File) []string {
	all := append([]string{file.Name}, file.AllTopics()...)
	if file.Registry != nil {
		all = append(all, "registry.basic", "Apicurio /apis/ccompat/v7") // What errors of the registry advise.
	}
	for _, s := range file.Sources {
		all = append(all, s.Name, s.Driver())
	}
	for _, s := range file.Stages {
		all = append(all, s.Name, s.Query, s.Get, s.Hash, s.Into, s.When, s.Request.Path, s.Request.Param, s.Response.Items, s.Response.Value, s.Response.Error, s.Collection, string(s.Find))
		all = append(all, s.By...)
		all = append(all, s.Key...)
		all = append(all, s.KeyType...)
		all = append(all, s.Response.PermanentErrors...)
		if s.Preload != nil {
			all = append(all, s.Preload.Query)
		}
	}
	return all
}
