"""studentdb: deploys and administers a serverless student-management system."""

__version__ = "0.1.0"
