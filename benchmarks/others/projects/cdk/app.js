// The job as CDK's own constructs declare it. Removal policies say DESTROY: CDK would keep tables and pool otherwise.
const path = require("node:path");
const { App, CfnOutput, CliCredentialsStackSynthesizer, Duration, RemovalPolicy, Stack } = require("aws-cdk-lib");
const gateway = require("aws-cdk-lib/aws-apigatewayv2");
const { HttpJwtAuthorizer } = require("aws-cdk-lib/aws-apigatewayv2-authorizers");
const { HttpLambdaIntegration } = require("aws-cdk-lib/aws-apigatewayv2-integrations");
const cloudfront = require("aws-cdk-lib/aws-cloudfront");
const origins = require("aws-cdk-lib/aws-cloudfront-origins");
const cognito = require("aws-cdk-lib/aws-cognito");
const dynamodb = require("aws-cdk-lib/aws-dynamodb");
const lambda = require("aws-cdk-lib/aws-lambda");
const logs = require("aws-cdk-lib/aws-logs");
const s3 = require("aws-cdk-lib/aws-s3");

const PREFIX = "student-management";
const removalPolicy = RemovalPolicy.DESTROY;

const app = new App();
const stack = new Stack(app, "StudentManagement", {
  stackName: PREFIX,
  // With the caller's own rights: the engine denies the bootstrap's publishing role its own bucket.
  synthesizer: new CliCredentialsStackSynthesizer(),
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});

// --- data
const { STRING, NUMBER } = dynamodb.AttributeType;
function table(name, partition, sort) {
  return new dynamodb.Table(stack, `Table-${name}`, {
    tableName: `${PREFIX}-${name}`,
    partitionKey: partition,
    sortKey: sort,
    billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
    encryption: dynamodb.TableEncryption.AWS_MANAGED,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    removalPolicy,
  });
}
const id = { name: "id", type: STRING };
const users = table("users", id, { name: "email", type: STRING });
const role = { name: "role", type: STRING };
users.addGlobalSecondaryIndex({
  indexName: "role-index",
  partitionKey: role,
  projectionType: dynamodb.ProjectionType.KEYS_ONLY,
});
users.addGlobalSecondaryIndex({
  indexName: "role-name-index",
  partitionKey: role,
  sortKey: { name: "name_key", type: STRING },
});
table("classes", id);
table("subjects", id);
table("notifications", { name: "id", type: NUMBER }, { name: "sent_at", type: STRING });
const index = table("index", { name: "pk", type: STRING }, { name: "sk", type: STRING });

// --- people
const pool = new cognito.UserPool(stack, "Pool", {
  userPoolName: `${PREFIX}-users`,
  selfSignUpEnabled: false,
  signInAliases: { email: true },
  passwordPolicy: { minLength: 12 },
  featurePlan: cognito.FeaturePlan.LITE,
  removalPolicy,
});
for (const name of ["admin", "lecturer", "student"]) {
  pool.addGroup(name, { groupName: name, description: name });
}
const client = pool.addClient("App", {
  userPoolClientName: `${PREFIX}-app`,
  authFlows: { userSrp: true },
  accessTokenValidity: Duration.minutes(15),
  refreshTokenValidity: Duration.days(30),
  preventUserExistenceErrors: true,
});

// --- API
const retention = logs.RetentionDays.THREE_MONTHS;
function apiFunction(half) {
  const name = `${PREFIX}-api-${half}`;
  return new lambda.Function(stack, `Function-${half}`, {
    functionName: name,
    code: lambda.Code.fromAsset(path.join(__dirname, "lambda_src")),
    handler: `studentdb_api.${half}.handler`,
    runtime: lambda.Runtime.PYTHON_3_13,
    architecture: lambda.Architecture.ARM_64,
    memorySize: 512,
    timeout: Duration.seconds(30),
    environment: { TABLE_PREFIX: PREFIX },
    logGroup: new logs.LogGroup(stack, `Logs-${half}`, { logGroupName: `/aws/lambda/${name}`, retention, removalPolicy }),
  });
}
const read = apiFunction("read");
const write = apiFunction("write");
for (const half of [read, write]) {
  users.grant(half, "dynamodb:Query");
  index.grant(half, "dynamodb:GetItem");
}
for (const written of [users, index]) {
  written.grant(write, "dynamodb:PutItem", "dynamodb:DeleteItem");
}
const api = new gateway.HttpApi(stack, "Api", { apiName: `${PREFIX}-api`, createDefaultStage: false });
const accessLog = new logs.LogGroup(stack, "AccessLog", {
  logGroupName: `/aws/vendedlogs/${PREFIX}-api`,
  retention,
  removalPolicy,
});
new gateway.HttpStage(stack, "Stage", {
  httpApi: api,
  stageName: "prod",
  autoDeploy: true,
  throttle: { burstLimit: 50, rateLimit: 100 },
  accessLogSettings: { destination: new gateway.LogGroupLogDestination(accessLog) },
});
// Not pool.userPoolProviderUrl: the engine lacks the attribute ProviderURL.
const issuer = `https://cognito-idp.${stack.region}.amazonaws.com/${pool.userPoolId}`;
const authorizer = new HttpJwtAuthorizer("cognito", issuer, { jwtAudience: [client.userPoolClientId] });
const { GET, POST, PUT, PATCH, DELETE } = gateway.HttpMethod;
const toRead = new HttpLambdaIntegration("read", read);
const toWrite = new HttpLambdaIntegration("write", write);
api.addRoutes({ path: "/api/{proxy+}", methods: [GET], integration: toRead, authorizer });
api.addRoutes({ path: "/api/{proxy+}", methods: [POST, PUT, PATCH, DELETE], integration: toWrite, authorizer });
api.addRoutes({ path: "/api/health", methods: [GET], integration: toRead });

// --- site
const bucket = new s3.Bucket(stack, "Site", {
  versioned: true,
  encryption: s3.BucketEncryption.S3_MANAGED,
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  enforceSSL: true,
  lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(30) }],
  removalPolicy,
});
const headers = new cloudfront.ResponseHeadersPolicy(stack, "Headers", {
  responseHeadersPolicyName: `${PREFIX}-site`,
  securityHeadersBehavior: {
    contentSecurityPolicy: { contentSecurityPolicy: "default-src 'self'", override: true },
    contentTypeOptions: { override: true },
    strictTransportSecurity: { accessControlMaxAge: Duration.days(365), override: true },
  },
});
const origin = `${api.apiId}.execute-api.${stack.region}.amazonaws.com`;
const site = new cloudfront.Distribution(stack, "Distribution", {
  comment: PREFIX,
  defaultRootObject: "index.html",
  defaultBehavior: {
    origin: origins.S3BucketOrigin.withOriginAccessControl(bucket),
    viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
    responseHeadersPolicy: headers,
  },
  additionalBehaviors: {
    "/api/*": {
      origin: new origins.HttpOrigin(origin, { originPath: "/prod" }),
      allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
      cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
      originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
    },
  },
});
new CfnOutput(stack, "SiteUrl", { value: `https://${site.distributionDomainName}` });
