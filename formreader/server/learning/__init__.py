"""Digit models that go on learning from what people decided, each as a job.

A job is the command `formreader model train --from-reviews` in a process of its own,
which goes on when the server ends. The folder of the model holds its wish and its log.
"""
