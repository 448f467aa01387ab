// Serverless 3 is built on version 2 of the AWS SDK, which does not know AWS_ENDPOINT_URL.
module.exports = class Endpoint {
  constructor(serverless) {
    const { config } = serverless.getProvider("aws").sdk;
    config.update({ endpoint: process.env.AWS_ENDPOINT_URL, s3ForcePathStyle: true });
  }
};
