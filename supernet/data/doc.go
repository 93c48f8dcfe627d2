// Package data holds image data sets in memory and turns them into batches.
//
// A data set comes from the program itself ([Embedded]) or from a directory ([Open]): IDX files, CIFAR-10 and CIFAR-100
// binary files, or one folder of pictures per class. [Dataset.Split] cuts it into training, search-validation and test
// parts, [Measure] computes the normalisation, and a [Loader] writes normalised, augmented batches.
//
// Pictures are uint8 in the order H,W,C, batches float32 in the order N,H,W,C. Every random choice is a function of
// (seed, purpose, numbers such as epoch and picture), so nothing depends on how many goroutines work or in which order.
//
// Malformed input is one [FormatError] that names the file, the place in it and what was expected there.
package data
