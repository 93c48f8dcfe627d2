// Package data reads image data sets, into memory or as they are needed, and turns them into batches.
//
// A data set comes from the program itself ([Embedded]) or from a directory ([Open]): IDX and CIFAR files, NumPy arrays,
// csv files of pixels, or pictures whose folders, names or lists tell their class. [Dataset.Split] cuts it into training,
// search-validation and test parts, [Measure] computes the normalisation, and a [Loader] writes normalised, augmented
// batches.
//
// Pictures are uint8 in the order H,W,C, batches float32 in the order N,H,W,C. Every random choice is a function of
// (seed, purpose, numbers such as epoch and picture), so nothing depends on how many goroutines work or in which order.
//
// Malformed input is one [FormatError] that names the file, the place in it and what was expected there.
//
// It may import the standard library, x/image, x/text and gorgonia's tensor. Read set.go ([Set], [Dataset]) first, then
// open.go (the table of formats), split.go and loader.go.
package data
