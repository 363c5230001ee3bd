package main

// A pipeline file of this program can name each source and cache tier.
import _ "github.com/loaderline/loaderline/internal/pipeline/all"
